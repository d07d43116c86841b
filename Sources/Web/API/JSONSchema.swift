/// A JSON Schema (draft 2020-12, as OpenAPI 3.1 takes it), written as a literal beside the route that it describes.
package struct JSONSchema: Sendable, Hashable {
    /// The schema itself.
    package let json: JSONValue
    /// Named schemas that it refers to; they go into the document's components.
    let definitions: [String: JSONValue]

    private init(_ members: [JSONValue.Member], definitions: [String: JSONValue] = [:]) {
        json = .object(members)
        self.definitions = definitions
    }

    /// A schema that these functions do not cover.
    package init(_ json: JSONValue) {
        self.json = json
        definitions = [:]
    }

    /// Any value.
    package static let any = JSONSchema([])
    package static let boolean = JSONSchema([.init("type", "boolean")])
    package static let uuid = JSONSchema.string(format: "uuid")
    package static let time = JSONSchema.string("RFC 3339, UTC.", format: "date-time")

    package static func string(
        _ description: String? = nil, format: String? = nil, oneOf values: [String]? = nil, minLength: Int? = nil, maxLength: Int? = nil,
        pattern: String? = nil
    ) -> JSONSchema {
        var members: [JSONValue.Member] = [.init("type", "string")]
        if let description { members.append(.init("description", .string(description))) }
        if let format { members.append(.init("format", .string(format))) }
        if let values { members.append(.init("enum", .array(values.map { .string($0) }))) }
        if let minLength { members.append(.init("minLength", .integer(Int64(minLength)))) }
        if let maxLength { members.append(.init("maxLength", .integer(Int64(maxLength)))) }
        if let pattern { members.append(.init("pattern", .string(pattern))) }
        return JSONSchema(members)
    }

    package static func integer(_ description: String? = nil, minimum: Int64? = nil, maximum: Int64? = nil) -> JSONSchema {
        var members: [JSONValue.Member] = [.init("type", "integer")]
        if let description { members.append(.init("description", .string(description))) }
        if let minimum { members.append(.init("minimum", .integer(minimum))) }
        if let maximum { members.append(.init("maximum", .integer(maximum))) }
        return JSONSchema(members)
    }

    package static func number(_ description: String? = nil, minimum: Double? = nil) -> JSONSchema {
        var members: [JSONValue.Member] = [.init("type", "number")]
        if let description { members.append(.init("description", .string(description))) }
        if let minimum { members.append(.init("minimum", .number(minimum))) }
        return JSONSchema(members)
    }

    package static func array(of element: JSONSchema, minItems: Int? = nil, maxItems: Int? = nil) -> JSONSchema {
        var members: [JSONValue.Member] = [.init("type", "array"), .init("items", element.json)]
        if let minItems { members.append(.init("minItems", .integer(Int64(minItems)))) }
        if let maxItems { members.append(.init("maxItems", .integer(Int64(maxItems)))) }
        return JSONSchema(members, definitions: element.definitions)
    }

    /// An object; every property is required but those named in `optional`. Further members are allowed, and ignored.
    package static func object(_ properties: KeyValuePairs<String, JSONSchema>, optional: Set<String> = [], description: String? = nil) -> JSONSchema
    {
        var members: [JSONValue.Member] = [.init("type", "object")]
        if let description { members.append(.init("description", .string(description))) }
        members.append(.init("properties", .object(properties.map { .init($0.key, $0.value.json) })))
        let required = properties.map(\.key).filter { !optional.contains($0) }
        if !required.isEmpty { members.append(.init("required", .array(required.map { .string($0) }))) }
        return JSONSchema(members, definitions: merged(properties.map(\.value)))
    }

    /// An object whose members all have one schema, whatever their names.
    package static func map(of value: JSONSchema) -> JSONSchema {
        JSONSchema([.init("type", "object"), .init("additionalProperties", value.json)], definitions: value.definitions)
    }

    /// One of several.
    package static func oneOf(_ schemas: [JSONSchema]) -> JSONSchema {
        JSONSchema([.init("oneOf", .array(schemas.map(\.json)))], definitions: merged(schemas))
    }

    /// The schema or null.
    package static func nullable(_ schema: JSONSchema) -> JSONSchema {
        oneOf([schema, JSONSchema([.init("type", "null")])])
    }

    /// The schema under a name: it is written once, among the document's components, and referred to.
    package static func named(_ name: String, _ schema: JSONSchema) -> JSONSchema {
        var definitions = schema.definitions
        definitions[name] = schema.json
        return JSONSchema([.init("$ref", .string("#/components/schemas/\(name)"))], definitions: definitions)
    }

    /// One page of items, as ``Page`` writes it.
    package static func page(of item: JSONSchema) -> JSONSchema {
        object(
            ["items": array(of: item), "next_cursor": string("Send it as `cursor` for the next page; absent on the last.")], optional: ["next_cursor"]
        )
    }

    private static func merged(_ schemas: [JSONSchema]) -> [String: JSONValue] {
        schemas.reduce(into: [:]) { result, schema in result.merge(schema.definitions) { first, _ in first } }
    }
}
