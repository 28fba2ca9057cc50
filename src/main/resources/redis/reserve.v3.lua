-- reserve.v3: for each of several reservations of one tenant root, in the order given: take every charge or none; or only look. Begins with balance.v3.
-- Several in one call, because what they share (a command's own cost, reading and writing the balances) is most of what a reservation costs.
-- KEYS    N reservations, then V versions, then B balances; all of one tenant root
-- ARGV    1 packed: B mode (0 take, 1 look)  I4 mark of the generation  B N  H V  H B
--           the balances and their terms, as readTerms reads them
--           B policies, per policy: B versions, per version: H position among the V  d the version that it was built from
--           per reservation: B policy  d lease (µs)  d memory after the lease (ms)  d grid of lease ends (µs)
--             H charges, per charge: H term  d amount
--         2.. payload of each reservation
-- RETURNS for each reservation packed doubles:
--         1, end of lease (µs), then first, second, wait per charge    taken
--         2, then the reservation as text                              taken before under this id, and neither released nor lapsed
--         0, 0, then first, second, wait per charge                    a limit is short: nothing changed
--         3, 0, then first, second, wait per charge                    looked: nothing changed
--         -1                                                           a version is outdated or unknown: nothing changed
--         -2, now (µs), position...                                    these charges' totals are to be read from the ledger first
--         bucket: tokens left, µs until full.  slots: slots left, slots taken.  window: settled, held
--         wait: 0 when it fits, µs until it would (slots and windows: until leases end), -1 when waiting does not help. A shadow charge is counted and never refused.
local packed = ARGV[1]
local look, generation, N, V, B, at = unpacked('>BI4BHH', packed)
local values = redis.call('MGET', unpack(KEYS))
local balances, terms
balances, terms, at = readTerms(values, N + V, B, packed, at)

local stale = {}
local policies
policies, at = unpacked('>B', packed, at)
for i = 1, policies do
    local count
    count, at = unpacked('>B', packed, at)
    stale[i] = false
    for _ = 1, count do
        local position, version
        position, version, at = unpacked('>Hd', packed, at)
        if tonumber(values[N + position]) ~= version then stale[i] = true end
    end
end

local formats = {d = {}, Hd = {}}
local function format(of, count)
    local known = formats[of]
    if not known[count] then known[count] = '>' .. string.rep(of, count) end
    return known[count]
end

-- All reservations of a call are decided at one moment, so a bucket is refilled once; on other terms than those on which it is kept, it is another one.
local function filled(term)
    term.entry = refilled(term.balance.rates[term.tag], term.b, term.c, term.d)
    return term.entry
end

-- The waits below are 0 when a charge fits.
local function bucketWait(term, a)
    local entry = term.entry
    if not entry or entry ~= term.balance.rates[term.tag] then entry = filled(term) end
    local over = entry[1] + a * term.c - term.b * term.c
    if over <= 0 then return 0 end
    if a > term.b or term.b <= 0 then return NEVER end
    return max(1, earned(entry, over, term.b, term.d))
end

local function slotWait(term)
    local entry = slotsOf(term.balance)
    if not entry.used then
        dropLapsed(entry, now)
        entry.used = held(entry)
    end
    term.entry = entry
    local excess = entry.used - term.b
    if excess < 0 then return 0 end
    if term.b <= 0 then return NEVER end
    for n = 1, #entry.ends do
        excess = excess - entry.amounts[n]
        if excess < 0 then return max(1, entry.ends[n] - now) end
    end
    return NEVER
end

-- Nil where the total has to be read from the ledger first.
local function windowWait(term, a)
    local entry = term.entry or windowOf(term.balance, term.tag, term.c, term.d)
    if not entry then
        if term.b > UNASKED then return nil end
        entry = newWindow(term.balance, term.tag, term.c, term.d)
    end
    term.entry = entry
    if not entry.used then entry.used, entry.lapsed = held(entry) end
    if term.b <= UNASKED then return 0 end
    if entry.known ~= generation or entry.version < term.version or entry.lapsed then return nil end
    if term.b < 0 then return 0 end
    local excess = entry.settled + entry.used + a - term.b
    if excess <= 0 then return 0 end
    for n = 1, #entry.ends do
        excess = excess - entry.amounts[n]
        if excess <= 0 then return max(1, entry.ends[n] - now) end
    end
    return NEVER
end

-- In shadow mode a bucket goes on as if it were enforced: what it would have refused takes nothing, so that what is reported is what would happen.
-- Slots and windows count what is really under way and really spent. A limit of 0 lets nothing be taken, so under it the bucket stays what it was.
local function take(term, a, wait, ends)
    local entry, tag = term.entry, term.tag
    term.balance.changed = true
    if tag < SLOTS then
        if term.b > 0 then term.balance.rates[tag] = entry end
        if wait == 0 then entry[1] = entry[1] + a * term.c end
        return
    end
    if tag == SLOTS then
        a = 1
    elseif term.b == UNASKED or term.b < UNASKED and entry.lapsed then -- whoever is asked may know of settlements that nobody tells here
        entry.known = 0
        dropLapsed(entry, now)
    end
    if a > 0 then
        hold(entry, ends, a)
        entry.used = entry.used + a
    end
end

local function figures(term)
    local entry, tag = term.entry, term.tag
    if tag < SLOTS then
        local lacking, full = entry[1], 0
        if lacking > 0 then
            full = earned(entry, lacking, term.b, term.d)
            if full > term.balance.needed then term.balance.needed = full end
        end
        return floor((term.b * term.c - lacking) / term.c), full
    elseif tag == SLOTS then
        return term.b - entry.used, entry.used
    end
    return entry.settled, entry.used
end

local records = {}

-- The same request may come back and is taken anew: what was released was never used, and what lapsed holds nothing any more.
local function isRemembered(record)
    if not record or byte(record) == 82 then return false end
    return not isOpen(record) or unpacked('>d', record, 2) > now
end

-- Of one request; the next one overwrites it.
local answer = {}

local function decide(r)
    local policy, lease, memory, grid, count
    policy, lease, memory, grid, count, at = unpacked('>BdddH', packed, at)
    local from = at
    at = at + 10 * count
    local key = KEYS[r]
    local known = records[key] and records[key][1] or values[r]
    if stale[policy] then return pack('>d', -1) end
    if look == 0 and isRemembered(known) then return pack('>d', 2) .. known end

    local fields = {unpacked(format('Hd', count), packed, from)}
    local missing, short
    for i = 1, count do
        local term, a = terms[fields[2 * i - 1]], fields[2 * i]
        local tag, wait = term.tag, nil
        if tag < SLOTS then
            wait = bucketWait(term, a)
        elseif tag == SLOTS then
            wait = slotWait(term)
        else
            wait = windowWait(term, a)
        end
        if not wait then
            missing = missing or {}
            missing[#missing + 1] = i
        elseif wait ~= 0 and term.shadow == 0 then
            short = true
        end
        answer[3 * i - 2], answer[3 * i - 1], answer[3 * i] = 0, 0, wait
    end
    if missing then return pack('>dd', -2, now) .. pack(format('d', #missing), unpack(missing)) end

    local taken = not short and look == 0
    local ends = ceil((now + lease) / grid) * grid
    for i = 1, count do
        local term = terms[fields[2 * i - 1]]
        if taken then take(term, fields[2 * i], answer[3 * i], ends) end
        answer[3 * i - 2], answer[3 * i - 1] = figures(term)
    end
    local text = pack(format('d', 3 * count), unpack(answer, 1, 3 * count))
    if look == 1 then return pack('>dd', 3, 0) .. text end
    if short then return pack('>dd', 0, 0) .. text end
    records[key] = {pack('>BdH', 79, ends, 3 * count) .. text .. ARGV[r + 1], ceil((ends - now) / 1000) + memory}
    return pack('>dd', 1, ends) .. text
end

local answers = {}
for r = 1, N do answers[r] = decide(r) end
writeChanged(balances, N + V)
for key, record in pairs(records) do redis.call('SET', key, record[1], 'PX', record[2]) end
return answers
