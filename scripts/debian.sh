# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Fetches and unpacks packages of Debian suites and architectures other than the
# host's. The host's own apt stays untouched: this uses a private apt root, with
# the mirror that the host's apt reports.
#
# Sourced, after lib.sh.

# private_apt PROGRAM ARGUMENT...: runs apt-get or apt-cache in the private root
# $apt_root.
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

# Prints the mirror of the host's main archive, not that of the security
# archive, which has other suites.
host_mirror()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
		awk '$2 == "Debian" { print $1; exit }'
}

# in_suite MIRROR SUITE ARCHITECTURE COMMAND...: runs a command, to which private_apt
# knows only packages of that suite and architecture. One index that is broken does
# not matter to the others. SUITE may be one that others complete, as in
# "trixie-backports,trixie".
in_suite()
{
	local mirror=$1 suites=${2//,/ } architecture=$3 apt_root=$cache/apt/$2-$3 suite
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg options

	options="arch=$architecture signed-by=$keyring"
	shift 3
	case $suites in
	*-security) mirror=${mirror%/}-security ;;
	esac
	mkdir -p "$apt_root"/{none,state/lists/partial,cache/archives/partial}
	(
		flock 8
		# The index is good for a while.
		[ -n "$(find "$apt_root/updated" -mmin -10)" ] || {
			for suite in $suites; do
				echo "deb [$options] $mirror $suite main"
			done >"$apt_root/sources.list"
			private_apt apt-get --error-on=any update && : >"$apt_root/updated" || exit
		}
		"$@"
	) 8>"$apt_root/lock"
}

# fetch WHAT ARCHITECTURE SUITES COMMAND...: runs a command in the first of the suites,
# which are separated by blanks, in which it succeeds.
#
# Tries all of them again after a while: a mirror's indexes are inconsistent while it
# is being synchronised.
fetch()
{
	local what=$1 architecture=$2 suites=$3 log=$cache/apt.log mirror attempt suite

	shift 3
	mirror=$(host_mirror)
	[ -n "$mirror" ] ||
		die "apt knows no Debian mirror to fetch $what from: run 'apt-get update'"
	say "fetching $what"
	: >"$log"
	for attempt in 1 2 3; do
		for suite in $suites; do
			in_suite "$mirror" "$suite" "$architecture" "$@" >>"$log" 2>&1 && return
		done
		[ $attempt != 3 ] || die "fetching $what failed: see $log"
		sleep 20
	done
}

# Both run by fetch: the newest PACKAGE, to DIR; and all PACKAGEs with what they need,
# for riscv64, of the first suite if that has them.
download_package()
{
	cd "$1" && private_apt apt-get download "$2"
}

download_all()
{
	local dir=$1

	shift
	mkdir -p "$dir/partial"
	private_apt apt-get -o APT::Architecture=riscv64 -o APT::Architectures=riscv64 \
		-o Dir::Cache::archives="$dir" --target-release="${suites%% *}" --yes \
		--no-install-recommends --download-only install "$@"
}

# unpack_package DIR PACKAGE SUITE...: fetches the newest PACKAGE from one of the
# suites, unpacks it in DIR, and writes its version to DIR/version and its
# dependencies to DIR/depends. PACKAGE may end in ":ARCHITECTURE".
unpack_package()
{
	local dir=$1 package=$2 architecture deb

	shift 2
	architecture=$(dpkg --print-architecture)
	[ "${package#*:}" = "$package" ] || architecture=${package#*:}
	fetch "$package" "$architecture" "$*" download_package "$dir" "$package"
	deb=$(find "$dir" -maxdepth 1 -name '*.deb')
	dpkg-deb --field "$deb" Version >"$dir/version"
	dpkg-deb --field "$deb" Depends >"$dir/depends"
	dpkg-deb --extract "$deb" "$dir" || die "unpacking $package failed"
	rm "$deb"
}

# make_archive DIR SUITES PACKAGE...: fills DIR with a repository of apt, of these
# packages and all that they need.
make_archive()
{
	local dir=$1 suites=$2

	shift 2
	fetch "packages for a Debian riscv64 root file system" riscv64 "$suites" \
		download_all "$dir" "$@"
	rm -rf "$dir/partial" "$dir/lock"
	(cd "$dir" && dpkg-scanpackages --multiversion . >Packages 2>/dev/null) ||
		die "making an index of $dir failed"
}

# make_image IMAGE DIR SIZE [OWNERS]: makes an image of a file system that has what is
# in DIR. OWNERS is what fakeroot knows of it.
make_image()
{
	truncate -s "$3" "$1" &&
		fakeroot ${4:+-i "$4"} mke2fs -q -t ext4 -d "$2" "$1"
}

# unpack_kernel_source DIR PACKAGE SUITE...: unpacks the tree to DIR/linux.
# PACKAGE may end in "=VERSION".
unpack_kernel_source()
{
	local dir=$1 package=$2 name=${2%%=*}

	unpack_package "$@"
	say "unpacking the kernel's source"
	tar -C "$dir" -xf "$dir/usr/src/$name.tar.xz" || die "unpacking $package failed"
	rm -r "${dir:?}/usr"
	mv "$dir/$name" "$dir/linux"
}
