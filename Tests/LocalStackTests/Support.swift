import LocalStack
import Logging
import Redis
import TestSupport

#if canImport(Darwin)
import Darwin
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// Roles by themselves, without the file of the schema: this module knows no schema.
private let roles = """
    do $$ begin
      if to_regrole('mainstay_owner') is null then create role mainstay_owner login; end if;
    end $$;
    alter role mainstay_owner password :'owner_password';
    """

func stack(_ folder: String, ports: Ports = Ports(), search: SearchPath = .system) -> LocalStack {
    LocalStack(folder: folder, roles: roles, profile: .test, ports: ports, search: search, logger: Logger(label: "test.stack"))
}

func set(_ key: String, at url: String) async throws {
    try await withRedis(url) { client in _ = try await client.send(RedisCommand("SET", .string(key), "1")) }
}

func exists(_ key: String, at url: String) async throws -> Bool {
    try await withRedis(url) { client in try await client.send(RedisCommand("EXISTS", .string(key))) == .integer(1) }
}

/// A process that was ended and that nobody has waited for yet does not live.
func isAlive(_ pid: Int32) -> Bool {
    guard kill(pid, 0) == 0 else { return false }
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
        return !FileManager.default.fileExists(atPath: "/proc/self")
    }
    return status.split(separator: ")").last?.hasPrefix(" Z") == false
}
