// The text of the /etc/init.d script, before init_script.cc replaces the words between two @.
#pragma once

#include <string_view>

namespace leptir::service {

constexpr std::string_view kInitScript = R"sh(#!/bin/sh
# Made by `leptir install --sysv`. For settings of your own use /etc/default/@NAME@, which may set these variables.
### BEGIN INIT INFO
# Provides:          @NAME@
# Required-Start:    $remote_fs $network $named $time
# Required-Stop:     $remote_fs $network $named
# Should-Start:      redis-server
# Should-Stop:       redis-server
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: background tasks of leptir (@NAME@)
# Description:       Leases tasks from the queues of leptir and runs them in worker processes.
### END INIT INFO

PROGRAM=@PROGRAM@
CONFIG_PATH=@CONFIG@
PID_PATH=@PID@
# The instance runs as this user; empty: as the user who calls this script.
RUN_AS=@USER@
# Without a store in the configuration, tasks and records lie in $STATE_HOME/leptir/leptir.db.
STATE_HOME=@STATE@
# Folders that are made for the user if they are missing, as words of a shell.
FOLDERS=@FOLDERS@

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=/dev/null
[ ! -r /etc/default/@NAME@ ] || . /etc/default/@NAME@

if [ ! -x "$PROGRAM" ]; then
  echo "$PROGRAM is not there, or is no program: install it, or correct PROGRAM in $0" >&2
  exit 5
fi

# Arguments: the number of a colour, a text. The colour is for terminals only.
say() {
  if [ -t 1 ]; then printf '\033[%sm%s\033[0m\n' "$1" "$2"; else printf '%s\n' "$2"; fi
}

# Whether an instance holds the pid file, ready or not. A pid in a file proves nothing: another process may have it now.
is_running() {
  "$PROGRAM" status --ready --pid="$PID_PATH" >/dev/null 2>&1
  [ $? -ne 3 ]
}

# Runs a command as the user of the instance.
as_user() {
  if [ -z "$RUN_AS" ] || [ "$(id -un)" = "$RUN_AS" ] || [ "$(id -u)" = "$RUN_AS" ]; then
    "$@"
  else
    HOME=$(getent passwd "$RUN_AS" | cut -d: -f6) \
      setpriv --reuid="$(id -u "$RUN_AS")" --regid="$(id -g "$RUN_AS")" --init-groups -- "$@"
  fi
}

# The user of the instance makes the folders that this user may make. In a folder of that user a symbolic link could
# lead root elsewhere, so root follows none when it gives a folder away.
make_folders() {
  eval "set -- $FOLDERS"
  for folder; do
    [ ! -d "$folder" ] || continue
    as_user mkdir -p -m 0750 "$folder" 2>/dev/null && continue
    mkdir -p -m 0750 "$folder" || return 1
    [ -z "$RUN_AS" ] || chown -h "$RUN_AS:$(id -g "$RUN_AS")" "$folder" || return 1
  done
}

start() {
  if [ -n "$RUN_AS" ] && ! id "$RUN_AS" >/dev/null 2>&1; then
    echo "there is no user $RUN_AS: useradd --system --home-dir $STATE_HOME --shell /usr/sbin/nologin $RUN_AS" >&2
    return 1
  fi
  if [ -f "$PID_PATH" ] && ! is_running; then
    say 33 '.pid file is there, but process is not running. Cleaning .pid file and starting the process.'
  fi
  make_folders || return 1
  # leptir prints the lines about the butterfly, or why it cannot start.
  export XDG_STATE_HOME="$STATE_HOME"
  as_user "$PROGRAM" start --daemon ${CONFIG_PATH:+"--config=$CONFIG_PATH"} --pid="$PID_PATH"
}

# Waits for running tasks. An instance that does not run is stopped already.
stop() {
  "$PROGRAM" stop --pid="$PID_PATH"
  stopped=$?
  [ $stopped -ne 3 ] || stopped=0
  return $stopped
}

# leptir finds the process that holds the pid file. The number in that file may be anything: the user of the instance
# can write it, and this script may run as root.
reload() {
  "$PROGRAM" reload --pid="$PID_PATH"
  reloaded=$?
  [ $reloaded -ne 3 ] || reloaded=7
  return $reloaded
}

# 0: it runs (the line says whether it is ready), 1: it was killed, 3: it does not run.
show_status() {
  "$PROGRAM" status --ready --pid="$PID_PATH"
  [ $? -eq 3 ] || return 0
  [ -f "$PID_PATH" ] && return 1
  return 3
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  restart) stop && start ;;
  reload | force-reload) reload ;;
  status) show_status ;;
  *)
    echo "Usage: $0 (start|stop|restart|reload|force-reload|status)"
    exit 1
    ;;
esac
)sh";

}  // namespace leptir::service
