import Foundation

/// Small files that are there whole or not at all: others read them at any moment.
enum WholeFile {
    /// - Parameter mode: from the first byte on; the process's own mask still takes from it.
    /// - Throws: `UpFault` with the system's reason, as "No space left on device".
    static func put(_ text: String, at path: String, mode: mode_t = 0o644) throws {
        let fresh = "\(path).new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw UpFault.unusable(path, String(cString: strerror(errno))) }
        let bytes = Array(text.utf8)
        let written = write(descriptor, bytes, bytes.count)
        // A disk that takes a part only is a full one.
        var fault: Int32 = written == bytes.count ? 0 : written < 0 ? errno : ENOSPC
        // Some file systems tell of a full disk only now.
        if close(descriptor) != 0, fault == 0 { fault = errno }
        if fault == 0, rename(fresh, path) != 0 { fault = errno }
        guard fault == 0 else {
            unlink(fresh)
            throw UpFault.unusable(path, String(cString: strerror(fault)))
        }
    }
}
