extension Pool {
    /// Entries that become one batch, or long runs.
    struct Pile: Sendable {
        var found = ReadEntries()
        /// Of a batch. Long runs end one by one: each has a ticket of its own, taken when it begins.
        var tickets: [Int] = []

        static func += (left: inout Pile, right: Pile) {
            left.found += right.found
            left.tickets += right.tickets
        }
    }

    /// What was read and is not begun yet.
    struct Held: Sendable {
        private var ready = Pile()
        private var bulk = Pile()

        mutating func add(ready: Pile, bulk: Pile) {
            self.ready += ready
            self.bulk += bulk
        }

        /// What came from ready lanes.
        mutating func takeReady() -> Pile {
            defer { ready = Pile() }
            return ready
        }

        mutating func takeAll() -> Pile {
            defer { self = Held() }
            // The ready entries first, where they are not the fewer and share the batch.
            var all = ready
            all += bulk
            return all
        }
    }

    /// Holds what was read.
    /// - Returns: how many entries came from ready lanes and from bulk lanes; long runs are not told apart.
    func hold(_ found: ReadEntries, in held: inout Held) -> (ready: Int, bulk: Int) {
        guard batch > 1 else {
            held.add(ready: Pile(found: found), bulk: Pile())
            return (found.count, 0)
        }
        let (ready, bulk) = found.parted()
        held.add(ready: pile(of: ready), bulk: pile(of: bulk))
        return (ready.count, bulk.count)
    }

    private func pile(of found: ReadEntries) -> Pile {
        Pile(found: found, tickets: found.isEmpty ? [] : [inFlight.began(found.keys)])
    }
}
