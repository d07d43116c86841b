import Foundation
import HTTPTypes
package import Hummingbird

extension Request {
    /// Reads the body of an HTML form.
    ///
    /// - Throws: what ``readBody(limit:deadline:)`` throws; 415 for another content type; 400 for what is not UTF-8.
    package func readForm(limit: Int = BodyLimit.action) async throws -> Query {
        let field = headers[.contentType] ?? ""
        let type = field.split(separator: ";").first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() } ?? ""
        guard type == "application/x-www-form-urlencoded" else {
            throw Problem.unsupportedMediaType(found: field, expected: "application/x-www-form-urlencoded")
        }
        guard let text = String(validating: try await readBody(limit: limit), as: UTF8.self) else {
            throw Problem.badRequest("The form is not valid UTF-8.")
        }
        return try Query(text)
    }
}
