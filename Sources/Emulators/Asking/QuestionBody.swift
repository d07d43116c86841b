import Foundation

/// Reads bodies, and refuses those that are none.
enum QuestionBody {
    static func decode<Body: Decodable>(_ type: Body.Type, from data: Data) throws(EmulatorError) -> Body {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let DecodingError.typeMismatch(_, context) {
            let member = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
            throw EmulatorError(400, code: "invalid_type", message: "'\(member)' has a value of the wrong type.", param: member)
        } catch let DecodingError.keyNotFound(key, _) {
            throw .missing(key.stringValue)
        } catch {
            throw EmulatorError(400, message: "The body of the request is no JSON document.")
        }
    }
}

extension EmulatorError: Error {
    static func missing(_ member: String) -> EmulatorError {
        EmulatorError(400, code: "missing_required_parameter", message: "'\(member)' is required and missing.", param: member)
    }
}
