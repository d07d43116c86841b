#if os(Linux)
import Glibc

/// Reads `/proc`, with one buffer and one open directory for the whole run: it is read some twenty times a second.
///
/// Belongs to one thread.
final class ProcReader {
    private let directory: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    private var path: [CChar] = []

    init() throws {
        guard let directory = opendir("/proc") else {
            throw ProfileError(.unsupported, "cannot open /proc: \(LinuxCalls.reason(errno)); without it no process can be measured")
        }
        self.directory = directory
        // A compiler's command line takes tens of kilobytes; everything else here is far smaller.
        buffer = .allocate(byteCount: 64 << 10, alignment: 16)
        path.reserveCapacity(64)
    }

    deinit {
        closedir(directory)
        buffer.deallocate()
    }

    /// Every process of this pid namespace.
    func pids(into pids: inout [Int32]) {
        pids.removeAll(keepingCapacity: true)
        rewinddir(directory)
        while let entry = readdir(directory) {
            let name = UnsafeRawPointer(entry).advanced(by: Self.nameOffset).assumingMemoryBound(to: UInt8.self)
            var pid: Int32 = 0
            var place = 0
            while case let digit = name[place] &- UInt8(ascii: "0"), digit < 10, place < 9 {
                pid = pid * 10 + Int32(digit)
                place += 1
            }
            if place > 0, name[place] == 0 { pids.append(pid) }
        }
    }

    /// Nil when the process has ended.
    func stat(_ pid: Int32) -> ProcessStat? { read(pid, "/stat").flatMap(ProcessStat.init(bytes:)) }

    /// Nil when the process has ended or belongs to somebody else.
    func smapsRollup(_ pid: Int32) -> SmapsRollup? { read(pid, "/smaps_rollup").flatMap(SmapsRollup.init(bytes:)) }

    /// Nil when the process has ended or has no command line.
    func command(_ pid: Int32) -> CommandText? { read(pid, "/cmdline").flatMap(CommandText.init(cmdline:)) }

    /// What one read gives; valid until the next one. The kernel hands out these files whole when the buffer is large enough.
    private func read(_ pid: Int32, _ name: StaticString) -> UnsafeRawBufferPointer? {
        path.removeAll(keepingCapacity: true)
        "/proc/".utf8.forEach { path.append(CChar(bitPattern: $0)) }
        var digits = pid
        let first = path.count
        repeat {
            path.append(CChar(UInt8(ascii: "0")) + CChar(digits % 10))
            digits /= 10
        } while digits > 0
        path[first...].reverse()
        name.withUTF8Buffer { $0.forEach { path.append(CChar(bitPattern: $0)) } }
        path.append(0)

        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var filled = 0
        while filled < buffer.count {
            let count = Glibc.read(file, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            filled += count
        }
        return filled > 0 ? UnsafeRawBufferPointer(rebasing: buffer[..<filled]) : nil
    }

    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
}
#endif
