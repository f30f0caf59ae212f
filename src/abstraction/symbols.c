// SPDX-License-Identifier: GPL-2.0
/*
 * Reads the names of functions. The kernel exports no list of its own symbols, but
 * tells the symbol at any address, and where the next one begins. The symbols of a
 * module are in its struct module.
 */
#include <linux/build_bug.h>
#include <linux/glob.h>
#include <linux/kallsyms.h>
#include <linux/kobject.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/module_symbol.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/ftrace.h>
#include <asm/page.h>

#include "symbols.h"

static_assert(RVDIRECT_NAME_LEN == KSYM_NAME_LEN);
static_assert(RVDIRECT_SYMBOL_LEN >= KSYM_SYMBOL_LEN);

unsigned long rvdirect_kernel_start(void)
{
	return kernel_map.virt_addr;
}

unsigned long rvdirect_kernel_end(void)
{
	return kernel_map.virt_addr + kernel_map.size;
}

unsigned long rvdirect_read_symbol(unsigned long addr, char *name, unsigned long *start)
{
	unsigned long offset, size;
	char *plus;

	/* NAME+0xOFFSET/0xSIZE */
	sprint_symbol(name, addr);
	plus = strrchr(name, '+');
	if (!plus || sscanf(plus, "+%lx/%lx", &offset, &size) != 2)
		return 0;
	*plus = '\0';
	*start = addr - offset;
	return *start + size;
}

unsigned long rvdirect_location_of(unsigned long start)
{
	const u32 nop = 0x00000013;
	u32 insn = 0;

	/* auipc and jalr by t0; of these two, kprobes replace the first one only. */
	pagefault_disable();
	__get_kernel_nofault(&insn, (void *)(start + 4), u32, fault);
fault:
	pagefault_enable();
	if (insn == nop || (insn & ~(JALR_OFFSET_MASK << JALR_SHIFT)) == JALR_T0)
		return start + 8 - MCOUNT_INSN_SIZE;
	return 0;
}

size_t rvdirect_write_symbol(unsigned long addr, char *text)
{
	return sprint_symbol_no_offset(text, addr);
}

bool rvdirect_glob_match(const char *pattern, const char *text)
{
	return glob_match(pattern, text);
}

bool rvdirect_pause(void)
{
	cond_resched();
	return fatal_signal_pending(current);
}

int rvdirect_find_symbol(const char *name, unsigned long *addr)
{
#ifdef CONFIG_KPROBES
	/* Disabled, so that it does not change the kernel's text. */
	struct kprobe probe = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	int ret = register_kprobe(&probe);

	if (!ret)
		unregister_kprobe(&probe);
	/* Some kernels allow no kprobe where ftrace patches, but have looked it up. */
	else if (!probe.addr)
		return ret;
	*addr = (unsigned long)probe.addr;
	return 0;
#else
	return -ENOENT;
#endif
}

/* What /sys/module/ has: also what is built in. */
static struct kset *known_modules(void)
{
	return THIS_MODULE->mkobj.kobj.kset;
}

static struct kobject *find_kobject(const char *name)
{
	return known_modules() ? kset_find_obj(known_modules(), name) : NULL;
}

bool rvdirect_is_loaded(const char *name)
{
	struct kobject *kobj = find_kobject(name);

	kobject_put(kobj);
	return kobj;
}

const struct module *rvdirect_module_of(struct kobject *kobj)
{
	/* A module waits for its kobject before it goes. */
	return container_of(kobj, struct module_kobject, kobj)->mod;
}

struct kobject *rvdirect_hold_module_kobject(const char *name)
{
	struct kobject *kobj = find_kobject(name);

	if (!kobj || rvdirect_module_of(kobj))
		return kobj;
	kobject_put(kobj);
	return NULL;
}

size_t rvdirect_hold_module_kobjects(struct kobject **held, size_t room)
{
	struct kset *kset = known_modules();
	struct kobject *kobj;
	size_t count = 0;

	if (!kset)
		return 0;
	spin_lock(&kset->list_lock);
	list_for_each_entry(kobj, &kset->list, entry) {
		if (!rvdirect_module_of(kobj))
			continue;
		if (count >= room)
			count++;
		else if (kobject_get_unless_zero(kobj))
			held[count++] = kobj;
	}
	spin_unlock(&kset->list_lock);
	return count;
}

void rvdirect_release_module_kobject(struct kobject *kobj)
{
	kobject_put(kobj);
}

const char *rvdirect_module_name(const struct module *mod)
{
	return mod->name;
}

/*
 * The text that ftrace goes on to know. In a module that is going, that is none.
 * Before a module is coming, and where its initialisation text is about to be freed,
 * hooked functions could not be unhooked.
 */
static bool has_settled(const struct module *mod, unsigned long addr)
{
	switch (READ_ONCE(mod->state)) {
	case MODULE_STATE_COMING:
		return within_module_mem_type(addr, mod, MOD_TEXT) ||
		       within_module_mem_type(addr, mod, MOD_INIT_TEXT);
	case MODULE_STATE_LIVE:
		return within_module_mem_type(addr, mod, MOD_TEXT);
	default:
		return false;
	}
}

void rvdirect_read_module(const struct module *mod, const char *pattern,
			  struct rvdirect_symbol *symbols, size_t *symbol_count,
			  char *names, size_t *name_bytes)
{
	const size_t symbol_room = *symbol_count, name_room = *name_bytes;
	const struct mod_kallsyms *kallsyms;
	size_t count = 0, bytes = 0;

	/* The table of a module that is coming is replaced when that is live. */
	guard(rcu)();
	kallsyms = rcu_dereference(mod->kallsyms);
	for (unsigned int i = 1; kallsyms && i < kallsyms->num_symtab; i++) {
		const typeof(*kallsyms->symtab) *symbol = &kallsyms->symtab[i];
		const char *name = kallsyms->strtab + symbol->st_name;
		unsigned long location;
		size_t length;

		/* The kernel knows no function by these either. */
		if (symbol->st_shndx == SHN_UNDEF || !*name || is_mapping_symbol(name))
			continue;
		if (!glob_match(pattern, name) || !has_settled(mod, symbol->st_value))
			continue;
		location = rvdirect_location_of(symbol->st_value);
		if (!location)
			continue;
		length = strlen(name) + 1;
		if (count < symbol_room && bytes + length <= name_room) {
			symbols[count].location = location;
			symbols[count].name = bytes;
			memcpy(names + bytes, name, length);
		}
		count++;
		bytes += length;
	}
	*symbol_count = count;
	*name_bytes = bytes;
}
