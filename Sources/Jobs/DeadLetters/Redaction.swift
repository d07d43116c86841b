/// Replaces secrets and personal data by placeholders, so that a job that failed can be kept as a test's fixture.
///
/// | what | becomes |
/// |---|---|
/// | a text under a telling name (`password`, `api_key`, `requester`, …) | `secret-1xxxxxxx` |
/// | what is shaped like a token, wherever it stands | `token-1xxxxxxxx` |
/// | an e-mail address | `person-1xxxxxxx@example.invalid` |
/// | a wallet or another long hexadecimal number | zeros that end in a number, with its `0x` and its length |
/// | a number under a telling name | one of as many digits |
///
/// Placeholders are stable: the same secret has the same placeholder in all that one value of this type is given, in
/// bodies and in errors, so that what was equal stays equal; they are numbered in the order in which they are met and tell
/// nothing of what they stand for. They are of the same type and length class as the secret, so that a handler reads the
/// fixture as it read the job. What is redacted already stays as it is.
///
/// It is a value with rules and no judgement: a name that somebody wrote into prose is found by no rule.
package struct Redaction: Sendable {
    /// What a placeholder stands for, and its first word.
    enum Sort: String, CaseIterable, Sendable {
        case secret, token, person
    }

    /// A text that stood under a telling name.
    private struct Known: Sendable, Hashable {
        let secret: String
        let replacement: String
    }

    /// By what they stand for.
    private var placeholders: [String: String] = [:]
    private var numbers: [Sort: Int] = [:]
    private var hexadecimals = 0
    /// To be found in texts as well, the longest first.
    private var known: [Known] = []

    package init() {}

    /// How many different secrets were replaced.
    package var count: Int { placeholders.count }

    /// A document without its secrets, those in the names of members among them.
    package mutating func json(_ value: FixtureValue) -> FixtureValue {
        learn(value, isTold: false)
        // Longest first, for one may hold another. Looking for thousands would take long, and so many are no secrets.
        known = Array(Set(known).sorted { ($0.secret.count, $0.secret) > ($1.secret.count, $1.secret) }.prefix(100))
        return replaced(value, isTold: false)
    }

    /// Texts under telling names are collected before anything is replaced: they are secret in the texts beside them too.
    private mutating func learn(_ value: FixtureValue, isTold: Bool) {
        switch value {
        case .string(let text) where isTold && text.count >= 8 && !Placeholder.isOne(text):
            let replacement = replacement(told: text)
            known.append(Known(secret: text, replacement: replacement))
        case .array(let items):
            for item in items { learn(item, isTold: isTold) }
        case .object(let members):
            // By name, so that numbers do not depend on the order of a dictionary.
            for (name, member) in members.sorted(by: { $0.key < $1.key }) { learn(member, isTold: isTold || SecretName.isTelling(name)) }
        case .string, .null, .bool, .integer, .number:
            break
        }
    }

    private mutating func replaced(_ value: FixtureValue, isTold: Bool) -> FixtureValue {
        switch value {
        case .null, .bool:
            return value
        case .integer(let integer):
            return isTold ? .integer(Placeholder.integer(like: integer)) : value
        case .number(let number):
            return isTold ? .number(number < 0 ? -0.5 : 0.5) : value
        case .string(let text):
            return .string(isTold ? replacement(told: text) : self.text(text))
        case .array(let items):
            var replaced: [FixtureValue] = []
            for item in items { replaced.append(self.replaced(item, isTold: isTold)) }
            return .array(replaced)
        case .object(let members):
            var replaced: [String: FixtureValue] = [:]
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                let isMemberTold = isTold || (SecretName.isTelling(name) && !(member.isNumber && SecretName.isCount(name)))
                let placeholder = replacement(name: name)
                replaced[placeholder] = self.replaced(member, isTold: isMemberTold)
            }
            return .object(replaced)
        }
    }

    /// What stands for a member's name: most are words of the program, and a handler reads by them.
    private mutating func replacement(name: String) -> String {
        let isSecret =
            SecretShape.address(name) != nil || SecretShape.hexadecimal(name) != nil || SecretShape.isDigest(name)
            || SecretShape.hasTokenPrefix(name)
        return isSecret ? replacement(told: name) : name
    }

    /// What stands for a text of which its name says that it is secret.
    mutating func replacement(told text: String) -> String {
        guard !text.isEmpty, !Placeholder.isOne(text) else { return text }
        if let (prefix, digits, rest) = SecretShape.hexadecimal(text), rest.isEmpty { return prefix + hexadecimal(for: digits) }
        if SecretShape.isDigest(text) { return hexadecimal(for: text) }
        if let (address, rest) = SecretShape.address(text), rest.isEmpty { return placeholder(.person, for: address) }
        return placeholder(.secret, for: text)
    }

    mutating func placeholder(_ sort: Sort, for secret: String) -> String {
        if let placeholder = placeholders[secret] { return placeholder }
        let number = (numbers[sort] ?? 0) + 1
        numbers[sort] = number
        let placeholder = sort == .person ? Placeholder.address(number, like: secret) : Placeholder.word(sort, number, like: secret)
        placeholders[secret] = placeholder
        return placeholder
    }

    mutating func hexadecimal(for digits: String) -> String {
        // A wallet is the same in any case of its letters.
        let secret = digits.lowercased()
        if let placeholder = placeholders[secret] { return placeholder }
        hexadecimals += 1
        let placeholder = Placeholder.hexadecimal(hexadecimals, count: digits.count)
        placeholders[secret] = placeholder
        return placeholder
    }

    /// A text in which the known secrets are replaced.
    func withoutKnown(_ text: String) -> String {
        var text = text
        for one in known where text.contains(one.secret) { text = text.replacing(one.secret, with: one.replacement) }
        return text
    }
}

extension FixtureValue {
    fileprivate var isNumber: Bool {
        switch self {
        case .integer, .number: true
        case .null, .bool, .string, .array, .object: false
        }
    }
}

/// What stands for a secret.
enum Placeholder {
    private static let domain = "@example.invalid"

    /// Texts of one class are treated alike by whoever bounds their length: under 16 characters, under 32, under 64, and so
    /// on. A placeholder is as long as the shortest of its class, and so, beyond 8 characters, never longer than the secret.
    /// (Addresses have 24 characters at least.)
    static func lengthClass(_ count: Int) -> Int {
        guard count > 0 else { return 0 }
        var length = 8
        while length * 2 <= count { length *= 2 }
        return length
    }

    static func word(_ sort: Redaction.Sort, _ number: Int, like secret: String) -> String {
        padded("\(sort.rawValue)-\(number)", to: lengthClass(secret.count))
    }

    static func address(_ number: Int, like secret: String) -> String {
        padded("\(Redaction.Sort.person.rawValue)-\(number)", to: lengthClass(secret.count) - domain.count) + domain
    }

    static func hexadecimal(_ number: Int, count: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    /// A one and zeros.
    static func integer(like integer: Int64) -> Int64 {
        var placeholder: Int64 = integer == 0 ? 0 : integer < 0 ? -1 : 1
        for _ in 1..<max(2, String(integer.magnitude).count) where integer.magnitude > 9 { placeholder *= 10 }
        return placeholder
    }

    /// Whether a text is a placeholder already.
    static func isOne(_ text: String) -> Bool {
        if text.hasSuffix(domain) { return true }
        let digits = text.hasPrefix("0x") || text.hasPrefix("0X") ? String(text.dropFirst(2)) : text
        if digits.count >= 8, digits.dropLast(4).allSatisfy({ $0 == "0" }), digits.allSatisfy(\.isHexDigit) { return true }
        return Redaction.Sort.allCases.contains { sort in
            guard text.hasPrefix(sort.rawValue + "-") else { return false }
            let number = text.dropFirst(sort.rawValue.count + 1).prefix { $0.isASCII && $0.isNumber }
            return !number.isEmpty && text[number.endIndex...].allSatisfy { $0 == "x" }
        }
    }

    private static func padded(_ word: String, to length: Int) -> String {
        word + String(repeating: "x", count: max(0, length - word.count))
    }
}
