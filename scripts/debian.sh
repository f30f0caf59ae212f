# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
#
# Fetches and unpacks packages of Debian suites and architectures other than the
# host's. The host's own apt stays untouched: this uses a private apt root, with
# the mirror that the host's apt reports.
#
# Sourced, after lib.sh.

apt_root=$cache/apt

# private_apt PROGRAM ARGUMENT...: runs apt-get or apt-cache in the private
# root.
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

# fetch_package DIR PACKAGE MIRROR SUITE: downloads the newest PACKAGE to DIR.
fetch_package()
{
	local dir=$1 package=$2 mirror=$3 suite=$4 source sources=$apt_root/sources.list
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	case $suite in
	*-security) mirror=${mirror%/}-security ;;
	esac
	source="deb [signed-by=$keyring] $mirror $suite main"
	mkdir -p "$apt_root"/{none,state/lists/partial,cache/archives/partial}
	# One at a time: they share the list of sources. Its indexes are good for a while.
	(
		flock 8
		[ "$(find "$sources" -mmin -10 -exec cat {} +)" = "$source" ] || {
			echo "$source" >"$sources.new"
			private_apt apt-get -o Dir::Etc::sourcelist="$sources.new" --error-on=any \
				update && mv "$sources.new" "$sources" || exit
		}
		cd "$dir" && private_apt apt-get download "$package"
	) 8>"$apt_root.lock"
}

# unpack_package DIR PACKAGE SUITE...: fetches the newest PACKAGE, unpacks it in
# DIR, and writes its version to DIR/version and its dependencies to
# DIR/depends.
#
# Tries the suites in turn, and all of them again after a while: a mirror's
# indexes are inconsistent while it is being synchronised.
unpack_package()
{
	local dir=$1 package=$2 log=$cache/apt.log mirror attempt suite deb

	shift 2
	mirror=$(host_mirror)
	[ -n "$mirror" ] ||
		die "apt knows no Debian mirror to fetch $package from: run 'apt-get update'"
	say "fetching $package"
	: >"$log"
	for attempt in 1 2 3; do
		for suite; do
			fetch_package "$dir" "$package" "$mirror" "$suite" >>"$log" 2>&1 && break 2
		done
		[ $attempt != 3 ] || die "fetching $package failed: see $log"
		sleep 20
	done
	deb=$(find "$dir" -maxdepth 1 -name '*.deb')
	dpkg-deb --field "$deb" Version >"$dir/version"
	dpkg-deb --field "$deb" Depends >"$dir/depends"
	dpkg-deb --extract "$deb" "$dir" || die "unpacking $package failed"
	rm "$deb"
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
