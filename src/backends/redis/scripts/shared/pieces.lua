--#include shared/server.lua
-- Runs a command with values[from] to values[to]. `unpack` carries at most some 8,000 values, so longer lists are
-- passed in pieces. Pairs of a field and a value stay together, since the size of a piece is even.
local function inPieces(command, key, values, from, to)
  for first = from, to, 6000 do call(command, key, unpack(values, first, math.min(first + 5999, to))) end
end
