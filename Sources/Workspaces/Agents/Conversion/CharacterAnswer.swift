package import Web

/// A character as a file of one generation, and what could not be carried over into it; the character itself follows in the answer.
package struct CharacterAnswer: Encodable, Sendable {
    struct Note: Encodable, Sendable {
        let kind: String
        let pointer: String
        let detail: String
    }

    let shape: String
    let digest: String
    let notes: [Note]
    let cut: Bool

    /// - Parameters:
    ///   - stored: the generation that the document was told to be of.
    ///   - wanted: the generation to write; nil for the document as it is stored.
    package static func body(of document: JSONNode, stored: CharacterShape, as wanted: CharacterShape?) -> DocumentBody<CharacterAnswer> {
        guard let wanted else {
            let answer = CharacterAnswer(shape: stored.rawValue, digest: CharacterDigest(document).description, notes: [], cut: false)
            return DocumentBody(answer, member: "character", document: document)
        }
        let conversion = CharacterConversion(document, to: wanted)
        let answer = CharacterAnswer(
            shape: wanted.rawValue, digest: CharacterDigest(conversion.document).description,
            notes: conversion.notes.map { Note(kind: $0.kind.rawValue, pointer: $0.pointer.description, detail: $0.detail) }, cut: conversion.isCut)
        return DocumentBody(answer, member: "character", document: conversion.document)
    }

    package static let format = APIOperation.Parameter(
        "format", in: .query, "The generation to write the file in; as it is stored without it.",
        schema: .string(oneOf: CharacterShape.allCases.map(\.rawValue)))

    package static let schema = JSONSchema.named(
        "CharacterInFormat",
        .object(
            [
                "shape": .string("The generation of this file.", oneOf: CharacterShape.allCases.map(\.rawValue)),
                "digest": .string("Of this file; a converted one has another than the stored one.", pattern: "^sha256:[0-9a-f]{64}$"),
                "notes": .array(
                    of: .object([
                        "kind": .string(
                            """
                            `moved`: it stands elsewhere; `kept`: it stands where it stood, and programs of this generation may pass over \
                            it; `left`: it is not in this file.
                            """,
                            oneOf: CharacterConversion.Note.Kind.allCases.map(\.rawValue)),
                        "pointer": .string("The place in the stored file, as a JSON pointer."), "detail": .string(),
                    ]), maxItems: CharacterConversion.maximumNotes),
                "cut": .boolean, "character": .map(of: .any),
            ],
            description: "`notes`: what this generation has no equal form for. `cut`: there are more than \(CharacterConversion.maximumNotes)."))
}
