# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Packages of another Debian suite or architecture than the host's, fetched
# and unpacked without touching the host's own apt: a private apt root with
# the host's mirror, as apt itself reports it.
#
# Sourced, after lib.sh.

apt_root=$cache/apt

# private_apt PROGRAM ARGUMENT...: apt-get or apt-cache in the private root.
private_apt()
{
	local program=$1
	shift
	"$program" \
		-o Dir::State="$apt_root/state" \
		-o Dir::State::status=/dev/null \
		-o Dir::Cache="$apt_root/cache" \
		-o Dir::Etc::sourcelist="$apt_root/sources.list" \
		-o Dir::Etc::sourceparts="$apt_root/none" \
		-o Dir::Etc::preferences="$apt_root/none" \
		-o Dir::Etc::preferencesparts="$apt_root/none" \
		-o APT::Sandbox::User= \
		-o APT::Architectures="$(dpkg --print-architecture),riscv64" \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3 \
		"$@"
}

# The mirror of the host's main archive: not the security archive, which has
# other suites.
host_mirror()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
		awk '$2 == "Debian" { print $1; exit }'
}

update_private_apt()
{
	local arch mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	mirror=$(host_mirror)
	[ -n "$mirror" ] ||
		die "apt knows no Debian mirror: run 'apt-get update', or set KSRC="
	arch=$(dpkg --print-architecture)
	mkdir -p "$apt_root"/{none,state/lists/partial,cache/archives/partial}
	cat >"$apt_root/sources.list" <<-EOF
		deb [arch=$arch signed-by=$keyring] $mirror $kernel_suite main
		deb [arch=riscv64 signed-by=$keyring] $mirror $guest_suite main
	EOF
	run_logged "$cache/apt-update.log" "reading the package lists of $kernel_suite" \
		private_apt apt-get --error-on=any update
}

# unpack_package DIR PACKAGE: fetches the newest PACKAGE, unpacks it in DIR,
# and leaves its version in DIR/version.
unpack_package()
{
	local dir=$1 package=$2 deb

	update_private_apt
	(
		cd "$dir" || exit
		run_logged "$cache/apt-download.log" "fetching $package" \
			private_apt apt-get download "$package"
	)
	deb=$(find "$dir" -maxdepth 1 -name '*.deb')
	dpkg-deb --field "$deb" Version >"$dir/version"
	dpkg-deb --extract "$deb" "$dir"
	rm "$deb"
}
