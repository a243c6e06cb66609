# The stores that bench/run measures: how each is called, started, driven bare and driven by an instance. Read by bench/run, whose names it uses.

titleOf() {
  case $1 in
    sqlite) echo "SQLite, records in the same file" ;;
    redis) echo "Redis without persistence, records as PHP leptir's keys" ;;
    redis-everysec) echo "Redis with AOF everysec, records as PHP leptir's keys" ;;
    redis-hashed) echo "Redis without persistence, records in a hash a minute" ;;
  esac
}

layoutOf() { case $1 in *-hashed) echo hashed ;; *) echo plain ;; esac; }

# A redis-server of its own, reached by a socket in our folder only.
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

# Microseconds of CPU that the server used for each task; 0 where there is none.
serverCpu() {
  [ -z "$server" ] && { echo 0; return; }
  redis-cli -s "$folder/redis/socket" info cpu | tr -d '\r' |
    awk -F: -v tasks="$tasks" '/^used_cpu_(sys|user):/ { sum += $2 } END { print sum * 1e6 / tasks }'
}

# What the server gets back for each when so many waiting tasks go, and how long the envelope of one is.
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

# Of a store, with more arguments for `leptir bench`.
instance() {
  config=""
  [ "$1" = sqlite ] || config="--config=$folder/redis.yaml"
  shift
  # shellcheck disable=SC2086
  "$build/leptir" bench --json --tasks="$tasks" $config "$@"
}
