import Redis

/// The scripts of the run log. Each is one atomic step on one run's keys.
enum RunLogScripts {
    /// What the server's memory is called: `run_id`, which every start makes anew, and `master_replid`, which changes with the promotion of a
    /// replica. Two equal names are one memory that has forgotten nothing in between, unless somebody deleted it; a name that changes
    /// without a loss only makes whoever compares it careful.
    ///
    /// Nil where the server does not tell it, which is like no name. INFO names no key and may be called in scripts, of a cluster's nodes,
    /// too; two sections one by one, since servers before 7.0 take one. About 10 µs.
    private static let life = """
        local function told(section, word)
          local info = redis.pcall('INFO', section)
          if type(info) ~= 'string' then return nil end
          local _, last = string.find(info, word, 1, true)
          return last and string.sub(info, last + 1, last + 40)
        end
        local function life()
          local run, history = told('server', '\\nrun_id:'), told('replication', '\\nmaster_replid:')
          return run and history and run .. ' ' .. history
        end

        """

    /// Makes a run known before its first event, with the name of the memory that knows it. Once for a run, when it was accepted: said again
    /// later, of a run whose log was lost meanwhile, the name would vouch for what is not there.
    ///
    /// KEYS meta. ARGV workspace, accepted, time to live in ms, who is to answer or empty, the run that it goes on with or empty.
    static let announce = RedisScript(
        name: "run announcement",
        source: life + """
            redis.call('HSET', KEYS[1], 'workspace', ARGV[1], 'accepted', ARGV[2])
            local name = life()
            if name then redis.call('HSETNX', KEYS[1], 'life', name) end
            if ARGV[4] ~= '' then redis.call('HSET', KEYS[1], 'answering', ARGV[4], 'previous', ARGV[5]) end
            redis.call('PEXPIRE', KEYS[1], ARGV[3])
            return {'ok'}
            """)

    /// Appends events, unless a later attempt owns the run, and announces them.
    ///
    /// The fence: an attempt whose epoch is lower than the hash field's writes nothing. The field only grows, so a worker that was
    /// stopped and wakes up is refused from the moment its successor claimed the run. After the terminal event nothing is written.
    ///
    /// A repeated append (its answer was lost) is harmless: an entry's id must be greater than the stream's last, so Redis refuses
    /// what it has, and only what it did not have is announced.
    ///
    /// With NOMKSTREAM a log that was lost (a restart of a Redis that keeps nothing) answers `missing` instead of beginning in the
    /// middle. So does one that is to begin and was not announced to this very memory (``announce``): it may have lost the epoch that refuses
    /// a stale attempt, and cannot tell a later one that something was shown. The worker then claims the log, asks the run's row who owns it,
    /// marks it, and appends everything it has, `again`: only where its claim still stands, for the row was asked behind that.
    ///
    /// Calls: HMGET, one XADD an event, PUBLISH; the others once in a while.
    ///
    /// That something was shown is noted in the meta, and before the first event is there: a stream may go alone.
    ///
    /// The announcement ends with a line that tells when the worker had the events: the last event's id once more, and the time where
    /// a payload would stand (``ReceiptTime``). An ingress of an earlier release takes that line for an event that it has already.
    ///
    /// The anchor (``RunAnchor``) is kept with the events that it stands behind, in one step: a worker that is lost has written both, or
    /// neither.
    ///
    /// KEYS log, meta. ARGV epoch, workspace, accepted, time to live of log and of meta in ms or 0, bound of entries, channel,
    /// a word of ``RunLog/Place``, id of the terminal or empty, µs at which the events were received or empty, the anchor or empty, the id that
    /// the log is to reach or empty, then id and payload of each event.
    static let append = RedisScript(
        name: "run append",
        source: life + """
            local known = redis.call('HMGET', KEYS[2], 'epoch', 'ended', 'life', 'shown')
            local held = tonumber(known[1] or '0')
            if held > tonumber(ARGV[1]) then return {'stale', known[1]} end
            if known[2] then
              if known[2] == ARGV[9] then return {'ok', 0} end
              return {'ended', known[2]}
            end
            if ARGV[8] == 'begin' and (not known[3] or known[3] ~= life()) then return {'missing'} end
            if ARGV[8] == 'again' and held ~= tonumber(ARGV[1]) then return {'missing'} end
            local since = ARGV[10] ~= '' and ARGV[10] or '0'
            if ARGV[8] ~= 'continue' and not known[4] then redis.call('HSET', KEYS[2], 'shown', since) end
            local frame = {}
            for i = 13, #ARGV, 2 do
              local added
              if ARGV[8] == 'continue' then
                added = redis.pcall('XADD', KEYS[1], 'NOMKSTREAM', 'MAXLEN', '~', ARGV[6], ARGV[i], 'e', ARGV[i + 1])
              else
                added = redis.pcall('XADD', KEYS[1], 'MAXLEN', '~', ARGV[6], ARGV[i], 'e', ARGV[i + 1])
              end
              if not added then return {'missing'} end
              if type(added) == 'table' and added.err then
                if not string.find(added.err, 'equal or smaller', 1, true) then return redis.error_reply(added.err) end
              else
                frame[#frame + 1] = ARGV[i] .. ' ' .. ARGV[i + 1]
              end
            end
            if held ~= tonumber(ARGV[1]) then
              redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'workspace', ARGV[2], 'accepted', ARGV[3])
            end
            if ARGV[8] == 'continue' and not known[4] then redis.call('HSET', KEYS[2], 'shown', since) end
            if ARGV[9] ~= '' then redis.call('HSET', KEYS[2], 'ended', ARGV[9]) end
            if ARGV[11] ~= '' then redis.call('HSET', KEYS[2], 'anchor', ARGV[11]) end
            if ARGV[12] ~= '' then redis.call('HSET', KEYS[2], 'reach', ARGV[12]) end
            if ARGV[4] ~= '0' then
              redis.call('PEXPIRE', KEYS[1], ARGV[4])
              redis.call('PEXPIRE', KEYS[2], ARGV[5])
            end
            local count = #frame
            if count > 0 then
              if ARGV[10] ~= '' then frame[count + 1] = ARGV[#ARGV - 1] .. ' @' .. ARGV[10] end
              redis.call('PUBLISH', ARGV[7], table.concat(frame, '\\n'))
            end
            return {'ok', count}
            """)

    /// Notes the id of the terminal event of a run that the log knows and whose end it does not have. In a field of its own: the worker may be
    /// about to append it, and must not find that done.
    ///
    /// KEYS meta. ARGV id.
    static let note = RedisScript(
        name: "run end",
        source: """
            if redis.call('HEXISTS', KEYS[1], 'workspace') == 0 then return 0 end
            return redis.call('HSETNX', KEYS[1], 'noted', ARGV[1])
            """)

    /// Makes an attempt the owner of a run's log; from here on the attempts before it are refused. In the same step it says what they have
    /// shown: an attempt that was refused before its first event shows none.
    ///
    /// KEYS log, meta. ARGV epoch, workspace, accepted, time to live of meta in ms. Answers `stale` and the owner's epoch; `shown`, the id of the
    /// last event or empty, and since when in µs or empty; `nothing`; or `unknown` (``RunLogFinding``).
    static let claim = RedisScript(
        name: "run claim",
        source: life + """
            local known = redis.call('HMGET', KEYS[2], 'epoch', 'life', 'shown')
            if known[1] and tonumber(known[1]) > tonumber(ARGV[1]) then return {'stale', known[1]} end
            redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'workspace', ARGV[2], 'accepted', ARGV[3])
            redis.call('PEXPIRE', KEYS[2], ARGV[4])
            local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
            if #last > 0 then return {'shown', last[1][1], known[3] or ''} end
            if known[3] then return {'shown', '', known[3]} end
            if known[2] and known[2] == life() then return {'nothing'} end
            return {'unknown'}
            """)
}
