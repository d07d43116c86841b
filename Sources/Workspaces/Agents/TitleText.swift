/// Whether a title may be shown to everyone as it is written. Pure.
///
/// | in the title | |
/// |---|---|
/// | what is not seen: zero-width, turning the direction of writing, filling, tags | refused |
/// | a joiner between letters of a script that joins them, or between pictures; the choice of a picture's form | taken |
/// | letters of two of the alphabets that look like each other in one word: `Elіza` with a Cyrillic і | refused |
/// | words of different alphabets beside each other; other scripts in one word, such as `Tシャツ` | taken |
///
/// A whole word of another alphabet that looks like a Latin one is not told here: `folded_title` folds it, and ``TitleCheck`` tells whose
/// title it is.
package enum TitleText {
    package enum Fault: Sendable, Hashable {
        /// - Parameter position: of the character, counted from 1 as a reader of the file's text counts code points.
        case invisible(Unicode.Scalar, position: Int)
        /// - Parameter alphabets: in the order in which they come.
        case mixed(word: String, alphabets: [Alphabet])
    }

    /// Everything that is wrong, in the order of the text.
    package static func faults(in title: String) -> [Fault] {
        let scalars = Array(title.unicodeScalars)
        var faults: [Fault] = []
        var word = Word()
        for (index, scalar) in scalars.enumerated() {
            if isInvisible(scalar), !hasUse(scalars, at: index) {
                // The word goes on, for nobody sees that it ends here.
                faults.append(.invisible(scalar, position: index + 1))
            } else if isOfWord(scalar) {
                word.append(scalar)
            } else if let fault = word.end() {
                faults.append(fault)
            }
        }
        if let fault = word.end() { faults.append(fault) }
        return faults
    }

    // MARK: Words

    private struct Word {
        private var text = String.UnicodeScalarView()
        private var alphabets: [Alphabet] = []

        mutating func append(_ scalar: Unicode.Scalar) {
            text.append(scalar)
            if let alphabet = Alphabet(scalar), !alphabets.contains(alphabet) { alphabets.append(alphabet) }
        }

        mutating func end() -> Fault? {
            defer { self = Word() }
            return alphabets.count > 1 ? .mixed(word: String(text), alphabets: alphabets) : nil
        }
    }

    /// Letters, marks on them, digits, and joiners that are of use.
    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isAlphabetic || isJoiner(scalar) { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber: return true
        default: return false
        }
    }

    // MARK: What is not seen

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.properties.isDefaultIgnorableCodePoint || scalar.value == 0x2800 { return true }
        switch scalar.properties.generalCategory {
        // A character of private use is whatever somebody's font shows.
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: return true
        default: return false
        }
    }

    private static func isJoiner(_ scalar: Unicode.Scalar) -> Bool { scalar.value == 0x200C || scalar.value == 0x200D }

    /// Whether what is not seen changes what is seen beside it.
    private static func hasUse(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
        guard index > 0, index + 1 < scalars.count || scalars[index].value == 0xFE0F else { return false }
        let before = scalars[index - 1]
        let after = index + 1 < scalars.count ? scalars[index + 1] : nil
        switch scalars[index].value {
        // ZWNJ, as in Persian.
        case 0x200C: return joins(before) && after.map(joins) == true
        // ZWJ, as in conjuncts of Indic scripts, and in families and professions.
        case 0x200D: return joins(before) && after.map(joins) == true || isPicture(before) && after.map(isPicture) == true
        // A picture in colours, or a digit on a key.
        case 0xFE0F: return before.value != 0xFE0F && (isPicture(before) || after?.value == 0x20E3)
        default: return false
        }
    }

    /// A picture, the choice of its form, or its colour of skin.
    private static func isPicture(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value == 0xFE0F || scalar.properties.isEmoji && scalar.value > 0xFF
    }

    /// Letters and marks of scripts in which joining is spelling: Arabic and its relatives, and those of Brahmic descent.
    private static func joins(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0620...0x06FF, 0x0700...0x074F, 0x0750...0x077F, 0x07CA...0x07FA, 0x08A0...0x08FF, 0x0900...0x0DFF, 0x0F40...0x0FBC, 0x1000...0x109F,
            0x1780...0x17D3, 0x1820...0x18AA, 0xA840...0xA873, 0xFB50...0xFDFF, 0xFE70...0xFEFC:
            true
        default: false
        }
    }
}
