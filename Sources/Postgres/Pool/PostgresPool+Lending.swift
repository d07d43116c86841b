public import Logging

extension PostgresPool {
    /// A pool for the length of `body`, closed however that ends.
    ///
    /// - Parameter size: connections at the most; for a command that asks one thing after the other, one.
    /// - Throws: what `body` throws.
    public static func with<R: Sendable>(
        _ configuration: PostgresConfiguration, size: Int = 1, logger: Logger, _ body: (PostgresPool) async throws -> R
    ) async throws -> R {
        let pool = PostgresPool(configuration: configuration, size: size, logger: logger)
        do {
            let result = try await body(pool)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }
}
