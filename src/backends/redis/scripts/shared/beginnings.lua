-- Strings are compared by their bytes, as sorted sets order equal scores; `<` of Lua depends on the server's locale.
local function commonLength(a, b)
  local low, high = 0, math.min(#a, #b)
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if string.sub(a, 1, middle) == string.sub(b, 1, middle) then low = middle else high = middle - 1 end
  end
  return low
end
-- Whether `member` is less than `beginning`, so that no text that begins with `beginning` stands in front of it.
local function isBefore(member, beginning)
  local start = string.sub(member, 1, #beginning)
  if start == beginning then return false end
  local common = commonLength(start, beginning)
  return common == #start or string.byte(start, common + 1) < string.byte(beginning, common + 1)
end
