extension Problem {
    /// The description of a problem document.
    static let schema = JSONSchema.named(
        "Problem",
        .object(
            [
                "type": .string("Which problem it is: `about:blank` or a URI that never changes.", format: "uri-reference"),
                "title": .string("The same for people."),
                "status": .integer(minimum: 400, maximum: 599),
                "detail": .string("This occurrence, and what to do about it."),
                "instance": .string("The path that was asked for."),
                "request_id": .string("Finds the request in the server's log."),
                "errors": .array(
                    of: .object(
                        [
                            "pointer": .string("JSON pointer into the body, as a URI fragment."),
                            "parameter": .string(), "header": .string(), "detail": .string(), "expected": .string(), "found": .string(),
                        ], optional: ["pointer", "parameter", "header", "expected", "found"])),
            ], optional: ["detail", "instance", "request_id", "errors"]))
}
