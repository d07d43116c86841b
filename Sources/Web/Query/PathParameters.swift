package import Foundation
package import Hummingbird

extension RequestContext {
    /// A parameter of the path, decoded. Hummingbird matches the path as it was sent.
    /// - Throws: a 400 problem for an encoding that is not UTF-8 or holds a NUL.
    package func pathText(_ name: String) throws -> String {
        guard let raw = parameters.get(name), let text = raw.removingPercentEncoding, !text.utf8.contains(0) else {
            throw Problem.badRequest(
                "A part of the path cannot be read.", errors: [FieldFault(.parameter(name), "Its percent-encoding is not valid text.")])
        }
        return text
    }

    /// An identifier in the path.
    /// - Throws: a 404 problem when it is not a UUID: nothing has such an identifier.
    package func pathID(_ name: String = "id") throws -> UUID {
        guard let id = UUID(uuidString: try pathText(name)) else {
            throw Problem.notFound("`\(name)` in the path is not a UUID, so it names nothing.")
        }
        return id
    }
}
