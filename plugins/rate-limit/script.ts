import type { Rule } from './rule.ts'

/**
 * `Rule.take` in Lua, digit for digit: the same whole numbers, in doubles there as here. All state of
 * a key is one string, so several limits are one step, and one slot of a cluster. A key expires when
 * it is as if it had never been seen.
 *
 * KEYS: the key. ARGV: now in microseconds or '' for Redis's own, least, most, then for each limit
 * code, quota, burst, window, microseconds a tick. Gives what was taken, the wait (-1 for ever), the
 * number of the limit that keeps longest, and for each limit what is left and its reset.
 */
export const SCRIPT = `
local floor, ceil, max, min = math.floor, math.ceil, math.max, math.min
local least, most = tonumber(ARGV[2]), tonumber(ARGV[3])
local nowUs = tonumber(ARGV[1])
if nowUs == nil then
  local time = redis.call('TIME')
  nowUs = tonumber(time[1]) * 1000000 + tonumber(time[2])
end
local cells = {}
local stored = redis.call('GET', KEYS[1])
if stored then
  for number in string.gmatch(stored, '%S+') do cells[#cells + 1] = tonumber(number) end
end
local limits, size = {}, 0
for i = 4, #ARGV, 5 do
  local code = tonumber(ARGV[i])
  local tick = tonumber(ARGV[i + 4])
  limits[#limits + 1] = {
    code = code, quota = tonumber(ARGV[i + 1]), burst = tonumber(ARGV[i + 2]),
    window = tonumber(ARGV[i + 3]), tick = tick, now = floor(nowUs / tick), at = size + 1,
  }
  size = size + (code == 1 and 3 or 2)
end
for i = 1, size do cells[i] = cells[i] or 0 end

local function settle(l)
  local at, now, window = l.at, l.now, l.window
  if l.code == 0 then
    local elapsed = now - cells[at + 1]
    if elapsed < 0 and elapsed >= -window then return end
    if elapsed > 0 then cells[at] = max(0, cells[at] - elapsed * l.quota) end
    cells[at + 1] = now
  elseif l.code == 1 then
    local elapsed = now - cells[at + 2]
    if (cells[at] == 0 and cells[at + 1] == 0) or elapsed >= 2 * window then
      cells[at], cells[at + 1], cells[at + 2] = 0, 0, now
    elseif elapsed >= window then
      cells[at], cells[at + 1], cells[at + 2] = cells[at + 1], 0, cells[at + 2] + window
    elseif elapsed < -window then cells[at + 2] = now end
  else
    local elapsed = now - cells[at + 1]
    if elapsed >= window or cells[at] == 0 then cells[at], cells[at + 1] = 0, now
    elseif elapsed < -window then cells[at + 1] = now end
  end
end

local function left(l)
  local at, window = l.at, l.window
  if l.code == 0 then return floor((l.burst * window - cells[at]) / window) end
  if l.code == 2 then return l.quota - cells[at] end
  local inView = cells[at] * (window - max(0, l.now - cells[at + 2]))
  return max(0, floor((l.quota * window - inView) / window) - cells[at + 1])
end

local function wait(l, cost)
  local at, window, quota = l.at, l.window, l.quota
  if l.code == 0 then
    if cost > l.burst then return -1 end
    local over = cells[at] + cost * window - l.burst * window
    if over <= 0 then return 0 end
    return ceil(over / quota) + max(0, cells[at + 1] - l.now)
  end
  if cost > quota then return -1 end
  if l.code == 2 then
    if cells[at] + cost <= quota then return 0 end
    return cells[at + 1] + window - l.now
  end
  local before, count = cells[at], cells[at + 1]
  local past = max(0, l.now - cells[at + 2])
  local room = quota - count - cost
  if room >= 0 and before * (window - past) <= room * window then return 0 end
  local ahead = max(0, cells[at + 2] - l.now)
  if room >= 0 then return window - floor((room * window) / before) - past + ahead end
  return window - past + max(0, window - floor(((quota - cost) * window) / count)) + ahead
end

local function add(l, cost)
  if l.code == 0 then cells[l.at] = cells[l.at] + cost * l.window
  elseif l.code == 1 then cells[l.at + 1] = cells[l.at + 1] + cost
  else cells[l.at] = cells[l.at] + cost end
end

local function reset(l)
  local at = l.at
  if l.code == 0 then
    if cells[at] == 0 then return 0 end
    return ceil(cells[at] / l.quota) + max(0, cells[at + 1] - l.now)
  end
  if l.code == 2 then
    if cells[at] == 0 then return 0 end
    return cells[at + 1] + l.window - l.now
  end
  if cells[at] == 0 and cells[at + 1] == 0 then return 0 end
  return cells[at + 2] + (cells[at + 1] == 0 and 1 or 2) * l.window - l.now
end

local granted = most
for _, l in ipairs(limits) do
  settle(l)
  granted = min(granted, left(l))
end
local isRefused = granted < least
if isRefused then granted = 0 end
local longest, violated, lastUs = 0, -1, 0
local reply = { granted, 0, -1 }
for i, l in ipairs(limits) do
  if isRefused then
    local ticks = wait(l, least)
    local us = ticks < 0 and math.huge or ticks * l.tick
    if us > longest then longest, violated = us, i - 1 end
  else add(l, granted) end
  local resetUs = reset(l) * l.tick
  lastUs = max(lastUs, resetUs)
  reply[#reply + 1] = left(l)
  reply[#reply + 1] = resetUs
end
reply[2] = longest == math.huge and -1 or longest
reply[3] = violated
-- After a refusal too: from then on a clock that goes back is seen by what was kept.
if lastUs > 0 then
  for i = 1, size do cells[i] = string.format('%.0f', cells[i]) end
  redis.call('SET', KEYS[1], table.concat(cells, ' '), 'PX', string.format('%.0f', ceil(lastUs / 1000)))
end
return reply
`

/** What tells the script of the limits of a rule. */
export function scriptTerms({ limits }: Rule): number[] {
  return limits.flatMap(({ algorithm, quota, burst, window, tickUs }) => [
    algorithm.code,
    quota,
    burst,
    window,
    tickUs,
  ])
}
