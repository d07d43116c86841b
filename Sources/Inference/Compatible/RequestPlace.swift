import Web

/// A place in a request's document: what stands there, and the words for what is wrong with it.
///
/// Requests of other APIs are read from the document and not by a `Decodable` type, because most of what they may hold is passed over, and
/// what would change the answer is refused by name.
struct RequestPlace: Sendable {
    let value: JSONValue
    /// Names and numbers from the document's root.
    let path: [String]

    init(_ value: JSONValue, path: [String] = []) {
        self.value = value
        self.path = path
    }

    /// The member of that name; nil when it is absent or null.
    subscript(name: String) -> RequestPlace? {
        guard let value = value[name], value != .null else { return nil }
        return RequestPlace(value, path: path + [name])
    }

    /// The member of that name, which must be there.
    func need(_ name: String) throws -> RequestPlace {
        guard let place = self[name] else {
            throw RequestPlace(.null, path: path + [name]).fault("The member `\(name)` is missing.", code: "missing-required-parameter")
        }
        return place
    }

    func text() throws -> String {
        guard let text = value.string else { throw wrongKind("a string") }
        return text
    }

    func integer() throws -> Int {
        switch value {
        case .integer(let number): return Int(number)
        case .number(let number): if let whole = Int(exactly: number) { return whole }
        default: break
        }
        throw wrongKind("an integer")
    }

    func number() throws -> Double {
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        default: throw wrongKind("a number")
        }
    }

    func flag() throws -> Bool {
        guard case .bool(let flag) = value else { throw wrongKind("a boolean") }
        return flag
    }

    /// The elements of an array, each with its place.
    func elements() throws -> [RequestPlace] {
        guard let elements = value.elements else { throw wrongKind("an array") }
        return elements.enumerated().map { RequestPlace($0.element, path: path + ["\($0.offset)"]) }
    }

    /// Itself, if it is an object.
    func object() throws -> RequestPlace {
        guard value.members != nil else { throw wrongKind("an object") }
        return self
    }

    // MARK: Words

    /// A 400 problem that names the place.
    ///
    /// - Parameter code: A word for programs, with dashes.
    func fault(_ detail: String, code: String = "invalid-value") -> Problem {
        var problem = Problem.badRequest(detail, errors: [FieldFault(body: path, detail)])
        problem.type = "urn:mainstay:problem:\(code)"
        return problem
    }

    /// What this server cannot do, and would answer wrongly if it passed it over.
    func unsupported(_ detail: String) -> Problem { fault(detail, code: "unsupported-parameter") }

    private func wrongKind(_ wanted: String) -> Problem {
        fault("\(path.isEmpty ? "The body" : "`\(name)`") must be \(wanted), and what was sent is of the kind \(value.kind).", code: "invalid-type")
    }

    /// As `messages[0].content`.
    var name: String {
        path.reduce(into: "") { name, part in
            if Int(part) != nil { name += "[\(part)]" } else { name += name.isEmpty ? part : ".\(part)" }
        }
    }
}

extension RequestPlace {
    /// Refuses members that would change the answer and that no run can carry.
    func refuse(_ names: [String], because detail: String) throws {
        for name in names {
            guard let place = self[name] else { continue }
            if place.value == .bool(false) || place.value.elements?.isEmpty == true || place.value.members?.isEmpty == true { continue }
            throw place.unsupported("`\(place.name)` is not supported here: \(detail)")
        }
    }
}

extension RequestPlace {
    /// An image by its address or as a data URL; this place is the URL's.
    func image(detail place: RequestPlace? = nil) throws -> ContentPart {
        let (url, detail) = (try text(), try place?.text())
        do throws(MessageImage.Fault) {
            return .image(try MessageImage(url: url, detail: detail))
        } catch {
            throw fault(error.sentence, code: "invalid-image")
        }
    }

    /// An image whose data stands apart from its type; this place holds both.
    func image(mediaType: String, base64: String) throws -> ContentPart {
        do throws(MessageImage.Fault) {
            return .image(try MessageImage(mediaType: mediaType, base64: base64))
        } catch {
            throw fault(error.sentence, code: "invalid-image")
        }
    }
}
