# Functions for each store that bench/run measures: its title, its server, the bare loop, the instance. bench/run
# sources this file and defines the variables that it uses.

titleOf() {
  case $1 in
    sqlite) echo "SQLite, records in the same file" ;;
    redis) echo "Redis without persistence, records as PHP leptir's keys" ;;
    redis-everysec) echo "Redis with AOF everysec, records as PHP leptir's keys" ;;
    redis-hashed) echo "Redis without persistence, records in a hash a minute" ;;
  esac
}

layoutOf() { case $1 in *-hashed) echo hashed ;; *) echo plain ;; esac; }

# Starts a redis-server that is reached by a socket in the temporary folder only.
startServer() {
  case $1 in
    sqlite) return ;;
    *-everysec) persistence="--appendonly yes --appendfsync everysec" ;;
    *) persistence="--appendonly no" ;;
  esac
  rm -rf "$folder/redis"
  mkdir -p "$folder/redis"
  # shellcheck disable=SC2086
  redis-server --port 0 --unixsocket "$folder/redis/socket" --dir "$folder/redis" --save '' $persistence >/dev/null &
  server=$!
  until redis-cli -s "$folder/redis/socket" ping >/dev/null 2>&1; do sleep 0.05; done
  cat > "$folder/redis.yaml" <<YAML
leptir:
  brokers:
    - { type: redis, connection: { scheme: unix, path: $folder/redis/socket } }
  meta_storage:
    - { type: redis, connection: { scheme: unix, path: $folder/redis/socket, layout: $(layoutOf "$1") }, configuration: { expire_after_seconds: 86400 } }
YAML
}

stopServer() {
  [ -z "$server" ] && return
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=""
}

# Prints the CPU time of the server for each task, in microseconds; 0 if the store has no server.
serverCpu() {
  [ -z "$server" ] && { echo 0; return; }
  redis-cli -s "$folder/redis/socket" info cpu | tr -d '\r' |
    awk -F: -v tasks="$tasks" '/^used_cpu_(sys|user):/ { sum += $2 } END { print sum * 1e6 / tasks }'
}

# Deletes the $1 waiting tasks; prints the bytes that the server frees for each, and the length of one envelope.
memoryAWaitingTask() {
  redis() { redis-cli -s "$folder/redis/socket" "$@" | tr -d '\r'; }
  used() { redis info memory | sed -n 's/^used_memory://p'; }
  envelope=$(redis zrange leptir:ztasks 0 0 | wc -c)
  before=$(used)
  redis del leptir:ztasks '{leptir:ztasks}:ids' >/dev/null
  echo "$(((before - $(used)) / $1)) $((envelope - 1))"
}

bareLoop() {
  case $1 in
    sqlite) rm -f "$folder"/bare*; "$build/bare_loop" "$tasks" "$folder/bare.db" ;;
    *) "$build/bare_redis" "$tasks" "$folder/redis/socket" "$(layoutOf "$1")" ;;
  esac
}

# Runs `leptir bench` on the store $1; further arguments go to `leptir bench`.
instance() {
  config=""
  [ "$1" = sqlite ] || config="--config=$folder/redis.yaml"
  shift
  # shellcheck disable=SC2086
  "$build/leptir" bench --json --tasks="$tasks" $config "$@"
}
