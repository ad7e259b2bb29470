-- One kind of request for wrk: `wrk -s tests/load/load.lua URL CASE FOLDER MEMBERS MEETINGS`.
-- Callers are spread over the whole city; every write has keys of its own. Prints one line for tests/load/run.

local case, members, meetings
local callers = {}
local thread_count = 0

function setup(thread)
  thread:set("seed", os.time() * 16 + thread_count)
  thread_count = thread_count + 1
end

local function uuid()
  return string.format("%08x-%04x-4%03x-8%03x-%06x%06x", math.random(0, 0x7fffffff), math.random(0, 0xffff),
    math.random(0, 0xfff), math.random(0, 0xfff), math.random(0, 0xffffff), math.random(0, 0xffffff))
end

local function id(tag, n)
  return string.format("%s-0000-7000-8000-%012x", tag, n)
end

function init(args)
  math.randomseed(seed)
  case, members, meetings = args[1], tonumber(args[3]), tonumber(args[4])
  local file = io.open(args[2] .. (case == "log" and "/officers.txt" or "/members.txt"))
  for line in file:lines() do
    local partnership, account, token = line:match("^(%d+) (%d+) (.+)$")
    callers[#callers + 1] = {
      partnership = tonumber(partnership),
      account = tonumber(account),
      headers = { Authorization = "Bearer " .. token },
    }
  end
  file:close()
end

local requests = {
  livez = function()
    return wrk.format("GET", "/livez")
  end,
  -- Meetings that not everybody may read among them, and none that members may not.
  meeting = function(caller)
    local n = caller.partnership * meetings + math.random(0, meetings - 1)
    if n % 10 == 9 then n = n - 1 end
    return wrk.format("GET", "/api/v1/meetings/" .. id("1b000000", n), caller.headers)
  end,
  list = function(caller)
    local path = "/api/v1/partnerships/" .. id("0e000000", caller.partnership) .. "/meetings?limit=50"
    return wrk.format("GET", path, caller.headers)
  end,
  -- Any of some hundred groups that an officer knows, at any time of day within half a year.
  log = function(caller)
    local day = os.date("!%Y-%m-%d", os.time() - 86400 * math.random(2, 180))
    local hour, minute = math.random(7, 21), math.random(0, 59)
    local body = string.format('{"client_uuid":"%s","attended_on":"%s","start":"%02d:%02d","end":"%02d:%02d",'
      .. '"group_kind":"neighborhood_watch","group_name":"Group %d","area_id":"%s","role":"attended",'
      .. '"counts":{"community":12,"police":1,"agency":0},"topics":["lamps","parking"],'
      .. '"concerns":["Cars without plates behind the laundry."],'
      .. '"summary":"Lamps behind the laundry, and who walks the alleys on Thursday.","no_cji_attestation":true}',
      uuid(), day, hour, minute, hour + 1, minute, math.random(1, 100000), id("0b000000", 1))
    return wrk.format("POST", "/api/v1/officer-logs", {
      Authorization = caller.headers.Authorization,
      ["Content-Type"] = "application/json",
      ["Idempotency-Key"] = uuid(),
    }, body)
  end,
  login = function(caller)
    local body = string.format('{"email":"u%d@example.org","password":"violet tram under quiet maples"}', caller.account)
    return wrk.format("POST", "/api/v1/sessions", { ["Content-Type"] = "application/json" }, body)
  end,
}

function request()
  return requests[case](callers[math.random(#callers)])
end

local wrong = 0
function response(status, headers, body)
  if status < 200 or status > 299 then
    wrong = wrong + 1
    if wrong < 3 then io.stderr:write(case, ": ", status, " ", body:sub(1, 300), "\n") end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %.1f %.3f %.3f %d\n", summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
