#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What a transaction may see. It ends with the transaction: nothing is left on the connection.
public enum PostgresScope: Sendable, Hashable {
    /// Rows of these workspaces: `mainstay.workspaces` is set for the transaction, and the tables' policies compare with it.
    /// Naming none shows none.
    case workspaces([UUID])

    /// Work that belongs to no workspace, under a role whose policies say what it may touch.
    case role(PostgresRole)

    /// Neither: what the login role sees without a workspace. For migrations and for tables without tenants.
    case unscoped
}

/// A database role that a transaction may take. A closed list, because `set local role` takes no parameter and a name must
/// never come from a request.
public struct PostgresRole: Sendable, Hashable, CustomStringConvertible {
    private enum Name: String {
        case upkeep = "mainstay_upkeep"
        case auth = "mainstay_auth"
    }

    private let name: Name

    /// The relay, sweeps, audits: work over all workspaces.
    public static let upkeep = PostgresRole(name: .upkeep)

    /// Finding out who a token belongs to, before a workspace is known.
    public static let auth = PostgresRole(name: .auth)

    public var description: String { name.rawValue }

    var statement: Statement {
        switch name {
        case .upkeep: Self.setUpkeep
        case .auth: Self.setAuth
        }
    }

    private static let setUpkeep = Statement("set local role mainstay_upkeep")
    private static let setAuth = Statement("set local role mainstay_auth")
}

extension PostgresScope {
    /// What rides behind BEGIN.
    var statement: Statement? {
        switch self {
        case .workspaces(let ids): Statement(Self.setWorkspaces, parameters: Parameters(text: Self.list(ids)))
        case .role(let role): role.statement
        case .unscoped: nil
        }
    }

    private static let setWorkspaces: SQL = "select set_config('mainstay.workspaces', $1, true)"

    /// Comma-separated ids. Written by hand, because a batch names hundreds and a String for each would cost more than the trip.
    static func list(_ ids: [UUID]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(ids.count * 37)
        for (position, id) in ids.enumerated() {
            if position > 0 { text.append(UInt8(ascii: ",")) }
            withUnsafeBytes(of: id.uuid) { bytes in
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 { text.append(UInt8(ascii: "-")) }
                    text.append(digits[Int(byte >> 4)])
                    text.append(digits[Int(byte & 15)])
                }
            }
        }
        return text
    }
}
