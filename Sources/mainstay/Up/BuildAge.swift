import Foundation

/// Whether what runs is what was built last.
enum BuildAge {
    /// True when the program was written after a process wrote its id down. False where either cannot be told.
    static func isNewer(_ program: String, than pidFile: String) -> Bool {
        guard let built = time(of: program), let started = time(of: pidFile) else { return false }
        return built > started
    }

    private static func time(of path: String) -> Date? {
        try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
}
