-- finish.v3: several reservations of one tenant root end, each settled or released, in the order given. Begins with balance.v3.
-- Several in one call, because a command's own cost and reading and writing the balances are most of what an end costs.
-- KEYS    N reservations, then B balances; all of one tenant root
-- ARGV    1 packed: B N  H B
--           the balances and their terms, as readTerms reads them
--           per reservation: B state ('S' settled, 'R' released, 'U' released where an attempt has taken it that began between d and d (ms), which follow
--           the H)  H charges, per charge: H term (0 for a bucket that stays as it is, and nothing more of it), then
--             bucket: d tokens to take in addition (negative: to give back)
--             slots:  nothing
--             window: d amount held  d settled total (-2^53 when unknown)  d the total's epoch
-- RETURNS how many were open. Others had ended before or are forgotten: of those only totals are raised
local packed = ARGV[1]
local N, B, at = unpacked('>BH', packed)
local values = redis.call('MGET', unpack(KEYS))
local balances, terms
balances, terms, at = readTerms(values, N, B, packed, at)

-- A total is kept also where the window is unknown: somebody may be about to load an older one.
local function settle(term, ends, a, total, epoch)
    local balance = term.balance
    local window = windowOf(balance, term.tag, term.c, term.d)
    if not window and total ~= NOTHING then window = newWindow(balance, term.tag, term.c, term.d) end
    if not window then return end
    if ends and a > 0 then free(window, ends, a) end
    if total ~= NOTHING then raise(window, epoch, total) end
    balance.changed = true
end

-- A reservation that was put back has no figures: its bucket began anew after a loss, or it was decided without this server. So it took nothing of it and
-- gives nothing back; what was used beyond it is taken.
local function gives(record, charge)
    return 3 * charge <= unpacked('>H', record, 10)
end

-- What a bucket in shadow mode would have refused took nothing of it, see reserve.v3, so there is nothing to correct.
local function wasShort(record, charge)
    local at = 12 + 8 * (3 * charge - 1)
    return gives(record, charge) and unpacked('>d', record, at) ~= 0
end

-- A payload begins with the moment of its attempt: eight bytes in ms behind three others.
local function isOf(record, first, last)
    local at = 15 + 8 * unpacked('>H', record, 10)
    if #record < at + 7 then return false end
    local high, low = unpacked('>I4I4', record, at)
    local began = high * 4294967296 + low
    return first <= began and began <= last
end

local ended, open = {}, 0
for r = 1, N do
    local key, record = KEYS[r], values[r]
    local state, count, ends
    state, count, at = unpacked('>BH', packed, at)
    local concerned = isOpen(record) and not ended[key]
    if state == 85 then
        local first, last
        first, last, at = unpacked('>dd', packed, at)
        state, concerned = 82, concerned and isOf(record, first, last)
    end
    if concerned then
        ends = unpacked('>d', record, 2)
        ended[key] = string.char(state) .. string.sub(record, 2)
        open = open + 1
    end
    for charge = 1, count do
        local position
        position, at = unpacked('>H', packed, at)
        local term = terms[position]
        if not term then
            -- as much was used as had been reserved
        elseif term.tag < SLOTS then
            local a
            a, at = unpacked('>d', packed, at)
            local counts = ends and term.b > 0 and (a > 0 or a < 0 and gives(record, charge))
                and (term.shadow == 0 or not wasShort(record, charge))
            if counts then correct(term.balance, term, a) end
        elseif term.tag == SLOTS then
            if ends and term.balance.slots then
                free(term.balance.slots, ends, 1)
                term.balance.changed = true
            end
        else
            local a, total, epoch
            a, total, epoch, at = unpacked('>ddd', packed, at)
            settle(term, ends, a, total, epoch)
        end
    end
end

writeChanged(balances, N)
for key, record in pairs(ended) do redis.call('SET', key, record, 'KEEPTTL') end
return open
