-- The doorbell: a new entry in the stream wakes all waiting instances. If XADD fails, they see the task when they look
-- again by themselves. MAXLEN ~ keeps some dozens of entries; cutting the stream to exactly one costs three times as
-- much.
local function wakeInstances(wakeKey)
  redis.pcall('XADD', wakeKey, 'MAXLEN', '~', 1, '*', 'look', '')
end
