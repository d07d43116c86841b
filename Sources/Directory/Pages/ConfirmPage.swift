import Foundation
import Web

/// What somebody is asked before something is taken away: what will happen, a button that does it, and a way back.
///
/// The form that does it says so, `confirmed=yes`. Without that word an act is not carried out but asked about: also one whose form was sent
/// from elsewhere or by an old page.
struct ConfirmPage: Sendable {
    /// A place above this one.
    struct Step: Sendable {
        let label: String
        let address: String
    }

    /// What a form has answered.
    enum Answer: Sendable {
        case open, yes
        /// To the form that it came from, with what was typed there.
        case no
        /// Yes, and not the word that was to be typed.
        case otherWord
    }

    let question: String
    /// Whole sentences.
    let effects: [String]
    /// Of the button.
    let button: String
    /// Where the form goes.
    let action: String
    let trail: [Step]
    /// The last word of the trail.
    let here: String
    /// What else is to be read before: a term and a text of somebody's own.
    var details: [(term: String, text: String)] = []
    /// What the form carries along.
    var kept: [(name: String, value: String)] = []
    /// The button that leads back to a form with what was typed into it; nil where there was none.
    var change: String?
    /// What has to be typed; nil for nothing.
    var word: String?
    private(set) var fault: String?

    func answer(in form: Query) -> Answer {
        switch form["confirmed"] {
        case "yes"?:
            guard let word else { return .yes }
            return form["word"]?.trimmingCharacters(in: .whitespacesAndNewlines) == word ? .yes : .otherWord
        case "no"?: return .no
        default: return .open
        }
    }

    /// The same page, saying that another word was typed.
    func afterOtherWord() -> ConfirmPage {
        var page = self
        page.fault = "Nothing was done: that is not “\(word ?? "")”."
        return page
    }

    var values: PageValues {
        [
            "question": .text(question), "effects": .section(effects.map { effect -> PageValues in ["effect": .text(effect)] }),
            "trail": .section(trail.map { step -> PageValues in ["address": .text(step.address), "label": .text(step.label)] }), "here": .text(here),
            "details": .section(details.map { detail -> PageValues in ["term": .text(detail.term), "text": .text(detail.text)] }),
            "kept": .section(kept.map { field -> PageValues in ["name": .text(field.name), "value": .text(field.value)] }),
            "actionAddress": .text(action), "button": .text(button), "change": .maybe(change), "backAddress": .maybe(trail.last?.address),
            "word": .maybe(word), "fault": .maybe(fault),
        ]
    }
}

/// That something was done after which there is no page to go back to.
struct DonePage: Sendable {
    let headline: String
    let paragraphs: [String]

    var values: PageValues {
        ["headline": .text(headline), "paragraphs": .section(paragraphs.map { words -> PageValues in ["words": .text(words)] })]
    }
}
