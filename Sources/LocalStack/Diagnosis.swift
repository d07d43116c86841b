/// What the servers' own words mean for the person at the keyboard.
enum Diagnosis {
    static func remedy(for words: String) -> String? {
        if words.contains("No space left on device") {
            return "The disk is full: make room on it and start again; nothing that was written is lost."
        }
        if words.contains("could not create shared memory segment") || words.contains("could not resize shared memory") {
            return "Shared memory is used up: in a container, give it more (docker run --shm-size=256m)."
        }
        if words.contains("is not compatible with this version") {
            return "The data was made by another version of PostgreSQL: install that version, or remove the data with `ops/down --wipe`."
        }
        if words.contains("password authentication failed") {
            return "The passwords in state.json are not those of the data beside it: restore the file, or remove both with `ops/down --wipe`."
        }
        if words.contains("Permission denied") {
            return "Files there belong to another user: use the user that started the stack first, or remove it with `ops/down --wipe`."
        }
        return nil
    }

    static func isPortTaken(_ words: String) -> Bool {
        words.contains("Address already in use")
    }

    /// Backends of a postmaster that was killed let go of its shared memory within moments; the next start has to wait for them.
    static func isStillLettingGo(_ words: String) -> Bool {
        words.contains("pre-existing shared memory block")
    }
}
