/// Deletes what has expired by pages, each a short statement of its own. One statement for all would be given up at its deadline once there
/// is too much, and find more the next time.
struct DeletionPages: Sendable {
    /// Rows of a page.
    var rows = 10_000
    /// No page is begun after this long: the rest waits for the next round, and whatever else a round does does not wait for it. At some
    /// hundred thousand rows a second, more goes in it than a fleet makes in the quarter of an hour between two rounds.
    var limit: Duration = .seconds(60)
    var clock: any Clock<Duration> = ContinuousClock()

    /// - Parameter page: deletes as many rows as it is given, those aside that others have locked, and returns how many it deleted.
    /// - Returns: how many were deleted in all.
    func delete(_ page: (Int) async throws -> Int) async throws -> Int { try await delete(page, by: clock) }

    private func delete<C: Clock<Duration>>(_ page: (Int) async throws -> Int, by clock: C) async throws -> Int {
        let end = clock.now.advanced(by: limit)
        var total = 0
        repeat {
            let deleted = try await page(rows)
            total += deleted
            guard deleted == rows else { break }
        } while clock.now < end
        return total
    }
}
