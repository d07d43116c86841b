import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Stops a server process as if its machine hung.
func suspend(_ process: Int) throws {
    guard kill(pid_t(process), SIGSTOP) == 0 else { throw POSIXError(.EPERM) }
}

func resume(_ process: Int) { kill(pid_t(process), SIGCONT) }

/// What a server has not read yet from a client on this machine, from the kernel's table of sockets.
///
/// The kernel hands the table out by the page: `String(contentsOfFile:)` would stop at the first, some 26 sockets.
func unreadBytes(serverPort: Int, clientPort: Int) throws -> Int {
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/tcp"))
    defer { try? file.close() }
    for line in String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ")
        guard fields.count > 4, port(fields[1]) == serverPort, port(fields[2]) == clientPort else { continue }
        return fields[4].split(separator: ":").last.flatMap { Int($0, radix: 16) } ?? 0
    }
    return 0
}

private func port(_ address: Substring) -> Int? { address.split(separator: ":").last.flatMap { Int($0, radix: 16) } }
