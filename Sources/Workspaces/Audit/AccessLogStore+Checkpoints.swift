import Postgres

extension AccessLogStore {
    /// Where the log stands and where its last checkpoint does, by the database's clock.
    struct Standing: Sendable {
        let sequence: Int
        let hash: [UInt8]
        /// Microseconds since 1970.
        let now: Int64
        /// The last checkpoint; nil for none.
        let last: (sequence: Int, microseconds: Int64)?

        /// The head as a checkpoint of this moment.
        var checkpoint: AccessLogCheckpoint { AccessLogCheckpoint(sequence: sequence, hash: hash, microseconds: now) }
    }

    /// Nil for an empty log.
    func standing() async throws -> Standing? {
        guard let row = try await pool.query(.role(.upkeep), Self.standing).first else { return nil }
        var last: (sequence: Int, microseconds: Int64)?
        if let sequence = try row.decode("checkpoint", as: Int?.self), let microseconds = try row.decode("microseconds", as: Int64?.self) {
            last = (sequence, microseconds)
        }
        return Standing(sequence: try row.decode("sequence"), hash: try row.decode("hash"), now: try row.decode("now"), last: last)
    }

    /// Keeps a checkpoint.
    /// - Returns: false when the entry has one.
    /// - Throws: `PostgresError` 23503 when the log has no such entry.
    func keep(_ checkpoint: AccessLogCheckpoint) async throws -> Bool {
        let row = try await pool.query(
            .role(.upkeep), Self.keep, checkpoint.sequence, checkpoint.hash, checkpoint.microseconds, checkpoint.keyID, checkpoint.signature
        ).first
        return try row?.decode("kept") ?? false
    }

    /// A page of checkpoints up to a number, in their order.
    func checkpoints(after sequence: Int, through last: Int) async throws -> [AccessLogCheckpoint] {
        try await pool.query(.role(.upkeep), Self.checkpoints, sequence, last, Self.page).map { row in
            AccessLogCheckpoint(
                sequence: try row.decode("sequence"), hash: try row.decode("hash"), microseconds: try row.decode("microseconds"),
                keyID: try row.decode("key_id"), signature: try row.decode("signature"))
        }
    }

    /// How many checkpoints were signed with each key, by its id; under nil those that are not signed.
    package func checkpointsByKey() async throws -> [String?: Int] {
        try await pool.query(.role(.upkeep), Self.byKey).reduce(into: [:]) { counts, row in
            counts[try row.decode("key_id", as: String?.self)] = try row.decode("checkpoints", as: Int.self)
        }
    }

    private static let standing: SQL = """
        -- look whether the access log needs a checkpoint
        select h.sequence, h.hash, (extract(epoch from mainstay_now()) * 1000000)::int8 as now,
          c.sequence as checkpoint, (extract(epoch from c.at) * 1000000)::int8 as microseconds
        from (select sequence, hash from access_log order by sequence desc limit 1) h
        left join (select sequence, at from access_log_checkpoints order by sequence desc limit 1) c on true
        """
    private static let keep: SQL = """
        -- keep a checkpoint of the access log
        select append_access_log_checkpoint($1, $2, $3, $4, $5) as kept
        """
    private static let byKey: SQL = """
        -- count the checkpoints of each key
        select key_id, count(*) as checkpoints from access_log_checkpoints group by key_id
        """
    private static let checkpoints: SQL = """
        -- read a page of checkpoints
        select sequence, hash, (extract(epoch from at) * 1000000)::int8 as microseconds, key_id, signature
        from access_log_checkpoints where sequence > $1 and sequence <= $2 order by sequence limit $3
        """
}
