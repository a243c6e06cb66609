-- How many tasks a session has leased; 0 if its key holds a value of another type.
local function countLeases(leasedKey)
  local count = redis.pcall('HLEN', leasedKey)
  return type(count) == 'number' and count or 0
end
