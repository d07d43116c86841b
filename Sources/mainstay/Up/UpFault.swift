/// What keeps `up` from coming up, with what to do.
struct UpFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A file or folder that cannot be made or written.
    /// - Parameter reason: the system's.
    static func unusable(_ path: String, _ reason: String) -> UpFault {
        UpFault("cannot write \(path): \(reason). Make room there, or choose another folder with --folder.")
    }
}
