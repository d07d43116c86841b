#if canImport(Darwin)
import Foundation
#else
import FoundationEssentials
import Glibc
#endif

/// A folder for servers whose data is thrown away.
package enum TemporaryFolder {
    /// Makes a new folder, which nobody clears away but the caller or its `Watchdog`.
    ///
    /// - Parameter parent: made when missing.
    /// - Throws: `LocalStackError` (`unusableFolder`).
    package static func make(in parent: String, named name: String = "mainstay-test") throws -> String {
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw LocalStackError(.unusableFolder, "cannot make \(parent): \(error)")
        }
        var path = Array("\(parent)/\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&path) != nil else {
            throw LocalStackError(.unusableFolder, "cannot make a folder in \(parent): \(String(cString: strerror(errno)))")
        }
        // Others may pass through (the servers' user must, when we are root); what is private is closed further in.
        chmod(path, 0o711)
        return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
