#!/bin/bash
# A real S3 engine on loopback: Ceph's RADOS Gateway 16.2 (1 mon, 1 osd, radosgw) from Debian's packages. No mgr, no systemd, no cephx.
# It enforces bucket CORS and really aborts incomplete uploads by lifecycle; it ignores x-amz-checksum-* headers.
#   apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd
#   rgw.sh start | stop | wipe | status      env: RGW_DIR RGW_PORT RGW_MON_PORT RGW_STORE=bluestore|memstore RGW_LC=seconds-per-"day"
set -u
D=${RGW_DIR:-${TMPDIR:-/tmp}/partway-rgw}; PORT=${RGW_PORT:-7480}; MP=${RGW_MON_PORT:-6789}; STORE=${RGW_STORE:-bluestore}; LC=${RGW_LC:-10}
C=$D/ceph.conf; export CEPH_CONF=$C
py() { /usr/bin/python3 /usr/bin/ceph -c $C "$@"; }
spawn() { local n=$1; shift; setsid nohup "$@" </dev/null >$D/$n.out 2>&1 & echo $! >$D/$n.pid; }
alive() { [ -s $D/$1.pid ] && kill -0 $(cat $D/$1.pid) 2>/dev/null && tr '\0' ' ' </proc/$(cat $D/$1.pid)/cmdline | grep -q "$D/"; }
die() { echo "rgw.sh: $*" >&2; tail -n 25 $D/*.out $D/osd.0.log >&2 2>/dev/null; exit 1; }
user() { radosgw-admin -c $C -n client.rgw user create --uid="$1" --display-name="$2" --email="$3" --access-key="$4" --secret-key="$5" >/dev/null 2>>$D/admin.log; }
conf() { cat >$C <<E
[global]
fsid = 6e1b5a3c-0000-4000-8000-00000000c0de
mon_host = v1:127.0.0.1:$MP
mon_initial_members = a
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = true
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 2000
osd_crush_chooseleaf_type = 0
run_dir = $D
admin_socket = $D/\$name.\$pid.asok
log_file = $D/\$name.log
crash_dir = $D/crash
[mon]
mon_data = $D/mon
mon_data_avail_crit = 1
[osd]
osd_data = $D/osd
osd_journal = $D/osd/journal
osd_objectstore = $STORE
osd_class_update_on_start = false
osd_crush_update_on_start = false
osd_memory_target = 939524096
bluestore_block_create = true
bluestore_block_size = 42949672960
memstore_device_bytes = 12884901888
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:$PORT
rgw_dns_name = localhost
rgw_lc_debug_interval = $LC
rgw_lifecycle_work_time = 00:00-23:59
rgw_gc_obj_min_wait = 30
rgw_gc_processor_period = 30
rgw_crypt_require_ssl = false
rgw_multipart_min_part_size = ${RGW_MIN_PART:-5242880}
rgw_thread_pool_size = 64
E
}
case ${1:-} in
start)
  alive rgw && { echo "already up: http://127.0.0.1:$PORT"; exit 0; }
  t0=$(date +%s.%N); mkdir -p $D/crash; conf
  if [ ! -d $D/mon/store.db ]; then
    rm -rf $D/mon $D/osd; mkdir -p $D/mon $D/osd
    monmaptool --create --clobber --fsid 6e1b5a3c-0000-4000-8000-00000000c0de --addv a "[v1:127.0.0.1:$MP]" $D/monmap >$D/mkfs.out 2>&1 || die monmap
    ceph-mon -c $C -i a --mkfs --monmap $D/monmap >>$D/mkfs.out 2>&1 || die mon mkfs
    new=1
  fi
  spawn mon ceph-mon -c $C -i a -f
  for i in $(seq 100); do timeout 5 /usr/bin/python3 /usr/bin/ceph -c $C --connect-timeout 4 mon stat >/dev/null 2>&1 && break; alive mon || die mon died; sleep .2; done
  if [ "${new:-}" ]; then
    U=$(cat /proc/sys/kernel/random/uuid); py osd new $U >>$D/mkfs.out 2>&1 || die osd new
    py osd crush add osd.0 1 root=default host=one >>$D/mkfs.out 2>&1 || die crush
    ceph-osd -c $C -i 0 --mkfs --osd-uuid $U >>$D/mkfs.out 2>&1 || die osd mkfs
  fi
  k=0; spawn osd ceph-osd -c $C -i 0 -f # a retry: under heavy disk load 16.2's OSD can abort at boot with 'wrong fsid'
  for i in $(seq 150); do py osd stat 2>/dev/null | grep -q ' 1 up' && break; alive osd || { [ $((k+=1)) -le 5 ] || die osd died; sleep 1; spawn osd ceph-osd -c $C -i 0 -f; }; sleep .2; done
  spawn rgw radosgw -c $C -n client.rgw -f
  for i in $(seq 600); do curl -s -o /dev/null -m 2 http://127.0.0.1:$PORT/ && break; alive rgw || die rgw died; sleep .2; done
  curl -s -o /dev/null -m 5 http://127.0.0.1:$PORT/ || die "rgw not answering"
  if [ "${new:-}" ]; then
    user partway Partway partway@example.com partwayaccess "partwaysecret"
    radosgw-admin -c $C -n client.rgw key create --uid=partway --key-type=s3 --access-key=partwayother --secret-key=partwayothersecret >/dev/null 2>>$D/admin.log
  fi
  echo "ready in $(echo "$(date +%s.%N) - $t0" | bc 2>/dev/null || awk "BEGIN{print $(date +%s.%N)-$t0}")s: http://127.0.0.1:$PORT key partwayaccess secret partwaysecret, and partwayother partwayothersecret";;
stop|wipe)
  for n in rgw osd mon; do if alive $n; then p=$(cat $D/$n.pid); kill $p; for i in $(seq 75); do kill -0 $p 2>/dev/null || break; sleep .2; done; kill -9 $p 2>/dev/null; fi; rm -f $D/$n.pid; done
  [ $1 = wipe ] && [ -f $C ] && rm -rf "$D"; :;;
status) for n in mon osd rgw; do alive $n && echo "$n pid $(cat $D/$n.pid) rss $(awk '/VmRSS/{print int($2/1024)}' /proc/$(cat $D/$n.pid)/status) MB" || echo "$n down"; done; du -sm $D | cut -f1 | sed 's/$/ MB on disk/';;
*) echo "usage: rgw.sh start|stop|wipe|status" >&2; exit 2;;
esac
