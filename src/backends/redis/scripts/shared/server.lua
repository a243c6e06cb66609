local call = redis.call
-- The server's time in µs since 1970.
local function now()
  local time = call('TIME')
  return time[1] * 1000000 + time[2]
end
