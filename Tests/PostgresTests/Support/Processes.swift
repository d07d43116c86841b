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
func unreadBytes(serverPort: Int, clientPort: Int) throws -> Int {
    for line in try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ")
        guard fields.count > 4, port(fields[1]) == serverPort, port(fields[2]) == clientPort else { continue }
        return fields[4].split(separator: ":").last.flatMap { Int($0, radix: 16) } ?? 0
    }
    return 0
}

private func port(_ address: Substring) -> Int? { address.split(separator: ":").last.flatMap { Int($0, radix: 16) } }
