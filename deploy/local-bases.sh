#!/bin/sh
# Makes stand-ins for the base images from Debian packages, where no image can be pulled.
#
#   deploy/local-bases.sh [NAME...]     of python, postgres, redis and nginx; all of them
#
# Needs docker, mmdebstrap and root. SUITE and SOURCES choose the packages: a suite and an apt
# sources file. The images are local/NAME; deploy/local-bases.env names them to Compose.
set -eu

SUITE=${SUITE:-bookworm}
SOURCES=${SOURCES:-/etc/apt/sources.list.d/debian.sources}
here=$(cd "$(dirname "$0")" && pwd)
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# base NAME PACKAGES HOOK [DOCKER-IMPORT-OPTION...]: HOOK changes the root in $1 at the end.
base() {
    name=$1 packages=$2 hook=$3
    shift 3
    work=$(mktemp -d)
    mmdebstrap --quiet --variant=minbase --format=tar --include="$packages" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-confold \
        --essential-hook='mkdir -p "$1/etc/postgresql-common"' \
        --essential-hook='echo create_main_cluster = false \
            > "$1/etc/postgresql-common/createcluster.conf"' \
        --customize-hook="$hook" "$SUITE" "$work/root.tar" "$SOURCES"
    docker import "$@" "$work/root.tar" "local/$name"
    rm -r "$work"
}

make_base() {
    case $1 in
        python)
            base python python3,python3-venv,ca-certificates true --change "ENV PATH=$path"
            ;;
        postgres)
            base postgres postgresql-15 \
                "install -m 755 '$here/local-postgres' \"\$1/usr/local/bin\" &&
                 chroot \"\$1\" install -d -o postgres -g postgres /var/lib/postgresql/data &&
                 chroot \"\$1\" install -d -o postgres -g postgres -m 3777 /run/postgresql" \
                --change "ENV PATH=$path:/usr/lib/postgresql/15/bin" \
                --change 'ENTRYPOINT ["local-postgres"]'
            ;;
        redis)
            base redis redis-server 'chroot "$1" install -d -o redis -g redis /data' \
                --change "ENV PATH=$path"
            ;;
        nginx)
            base nginx nginx-light,wget true --change "ENV PATH=$path"
            ;;
        *)
            echo "there is no base $1" >&2
            exit 2
            ;;
    esac
}

for name in ${*:-python postgres redis nginx}; do
    make_base "$name"
done
