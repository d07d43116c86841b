extension PostgresError {
    /// True when the same work, done again from the start a little later, has a chance. The one place that decides it.
    ///
    /// | what | retry |
    /// |---|---|
    /// | connection broke or was refused, deadline passed, too many waiters | yes |
    /// | 08 connection (08P01 only when it closed the connection), 53 resources, 57P01–57P05 and 57014 operator | yes |
    /// | 40001 serialization, 40P01 deadlock, 40003, 55P03 lock, 25006 read only after a failover | yes |
    /// | a prepared statement that the server forgot (26000) or whose result changed | yes |
    /// | wrong password, no such database or role (28, 3D) | no |
    /// | everything else the server says: constraints, syntax, privileges, data | no |
    /// | decoding, usage, configuration, cancelled | no |
    ///
    /// With ``commitUnknown`` the work may have been done already: retry only what is idempotent.
    public var isRetryable: Bool {
        if code == .cancelled { return false }
        // A protocol violation is a defect and fails again; but a pooler closes a client with it when the server went away.
        if sqlState == "08P01" { return code == .connection }
        if let sqlState { return stalePlan || Self.isTransient(sqlState: sqlState) }
        switch code {
        case .connection, .timeout, .overloaded: return true
        default: return false
        }
    }

    static func isTransient(sqlState: String) -> Bool {
        switch sqlState {
        case "40001", "40003", "40P01", "55P03", "25006", "26000", "57014", "57P01", "57P02", "57P03", "57P05": true
        default: sqlState.hasPrefix("08") || sqlState.hasPrefix("53")
        }
    }

    /// True for answers to COMMIT after which nobody can say what happened; any other error of COMMIT means rolled back.
    static func leavesCommitUnknown(sqlState: String?, severity: String?) -> Bool {
        if let severity, severity != "ERROR" { return true }
        guard let sqlState else { return true }
        return sqlState == "40003" || sqlState.hasPrefix("08") || sqlState.hasPrefix("57P") || sqlState.hasPrefix("58") || sqlState.hasPrefix("XX")
    }
}
