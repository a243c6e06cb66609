-- The id in an envelope in the form of PHP or of leptir, with its JSON escapes; nil for other forms.
local function idOf(envelope)
  local _, at = string.find(envelope, '"td":{"id":"', 1, true)
  if not at then return nil end
  local close = at
  repeat
    close = string.find(envelope, '"', close + 1, true)
    local backslashes = close and #string.match(string.sub(envelope, at + 1, close - 1), '\\*$')
  until not close or backslashes % 2 == 0
  return close and string.sub(envelope, at + 1, close - 1)
end
