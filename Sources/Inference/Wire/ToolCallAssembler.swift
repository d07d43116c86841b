import Foundation

/// Puts fragments of tool calls together, whatever a provider does with their indices, ids and names.
///
/// The contract says: the first fragment of a call has index, id and name, later ones the index and a piece of the arguments. Seen
/// in the wild, and handled here: no index; all indices 0 for parallel calls; indices from 1 or with gaps; the id on every fragment,
/// empty, late, rotating, or the same for two calls; the name late, repeated or empty; the whole arguments at once followed by an
/// empty fragment; the whole arguments twice.
///
/// The calls are numbered from 0 without gaps in the order of their first fragments.
///
/// A call's id is the provider's own, unless there is none or the conversation has it already: many servers count their calls anew with each
/// answer, and a result that was posted for one step must not be that of another. Ids that are made here follow from the conversation and the
/// answer alone, so whoever asks for a step once more, or reads on, makes the same.
///
/// | the conversation has | the provider sends | the ids |
/// |---|---|---|
/// | no call | none, none | `call_0`, `call_1` |
/// | `call_0`, `call_1` | none | `call_2` |
/// | no call | `f:0`, `f:0` | `f:0`, `f:0_1` |
/// | `f:0`, `f:0_1` | `f:0`, `g:0` | `f:0_2`, `g:0` |
struct ToolCallAssembler {
    private struct Slot {
        var wireIndex: Int?
        var wireID: String?
        var name = ""
        var arguments = ""
        /// What came behind the end of the arguments: nothing, or a repetition.
        var surplus = ""
        var scanner = JSONObjectScanner()
        var announcedID = false
        var announcedName = false
        /// The provider said that the call is whole, in formats that say so.
        var isClosed = false
    }

    /// Why calls cannot be trusted although the provider says that it has finished.
    enum Fault: Error, Equatable {
        case nameMissing(index: Int)
        case argumentsNotJSON(index: Int, name: String)
    }

    /// Ids of the calls that stand in the conversation.
    private let taken: Set<String>
    private var slots: [Slot] = []

    init(taken: Set<String> = []) {
        self.taken = taken
    }

    var isEmpty: Bool { slots.isEmpty }
    /// The provider's own index of each call; its place where there was none.
    var wireIndices: [Int] { slots.enumerated().map { $0.element.wireIndex ?? $0.offset } }

    /// Forgets the calls: another answer takes the place of theirs.
    mutating func clear() { slots = [] }

    /// Takes a fragment and returns what is new in it; nil when it only repeats what is known.
    mutating func take(_ fragment: ToolCallFragment) -> ToolCallDelta? {
        let id = fragment.id.flatMap { $0.isEmpty ? nil : $0 }
        let name = fragment.function?.name.flatMap { $0.isEmpty ? nil : $0 }
        let arguments = fragment.function?.arguments?.text ?? ""
        let position = slot(index: fragment.index, id: id, name: name, arguments: arguments)
        let isNew = position == slots.count
        if isNew { slots.append(Slot(wireIndex: fragment.index)) }

        if slots[position].wireID == nil { slots[position].wireID = id }
        if slots[position].name.isEmpty, let name { slots[position].name = name }
        let (value, surplus) = slots[position].scanner.take(arguments)
        slots[position].arguments += value
        slots[position].surplus += surplus

        var delta = ToolCallDelta(index: position, arguments: value)
        if !slots[position].announcedID, slots[position].wireID != nil {
            slots[position].announcedID = true
            delta.id = ids[position]
        }
        if !slots[position].announcedName, !slots[position].name.isEmpty {
            slots[position].announcedName = true
            delta.name = slots[position].name
        }
        return isNew || !value.isEmpty || delta.id != nil || delta.name != nil ? delta : nil
    }

    /// The latest call of the provider's own index, as far as it is known.
    func call(at wireIndex: Int) -> (name: String, arguments: String)? {
        slots.last { $0.wireIndex == wireIndex }.map { ($0.name, $0.arguments) }
    }

    /// The provider says that the call of its own index is whole.
    mutating func close(at wireIndex: Int) {
        guard let position = slots.lastIndex(where: { $0.wireIndex == wireIndex }) else { return }
        slots[position].isClosed = true
    }

    /// The calls after the provider finished them all.
    ///
    /// - Throws: The first call that is none: nothing of a broken answer is reported as whole.
    func finish() throws(Fault) -> [ToolCall] {
        let ids = ids
        var calls: [ToolCall] = []
        for (position, slot) in slots.enumerated() {
            guard !slot.name.isEmpty else { throw .nameMissing(index: position) }
            let arguments = slot.arguments.allSatisfy(\.isWhitespace) ? "{}" : slot.arguments
            guard Self.isJSON(arguments), slot.surplus.isEmpty || Self.repeats(slot.surplus, arguments) else {
                throw .argumentsNotJSON(index: position, name: slot.name)
            }
            calls.append(ToolCall(index: position, id: ids[position], name: slot.name, arguments: arguments))
        }
        return calls
    }

    /// The calls that were whole when the provider cut its answer: those whose arguments have their closing bracket, and those without
    /// arguments that the provider closed.
    func wholeCalls() -> [ToolCall] {
        let ids = ids
        return slots.enumerated().compactMap { position, slot in
            guard !slot.name.isEmpty else { return nil }
            if slot.isClosed, slot.arguments.allSatisfy(\.isWhitespace) {
                return ToolCall(index: position, id: ids[position], name: slot.name, arguments: "{}")
            }
            guard slot.scanner.isComplete, slot.surplus.isEmpty || Self.repeats(slot.surplus, slot.arguments), Self.isJSON(slot.arguments) else {
                return nil
            }
            return ToolCall(index: position, id: ids[position], name: slot.name, arguments: slot.arguments)
        }
    }

    // MARK: Which call a fragment belongs to

    /// The position of the fragment's call; `slots.count` for a new one.
    private func slot(index: Int?, id: String?, name: String?, arguments: String) -> Int {
        guard let candidate = candidate(index: index, id: id, name: name) else { return slots.count }
        return begins(afterCandidate: slots[candidate], id: id, name: name, arguments: arguments) ? slots.count : candidate
    }

    /// The call that the fragment continues if it continues any: the latest with its index, else with its id, else the last of all.
    private func candidate(index: Int?, id: String?, name: String?) -> Int? {
        if let index {
            // The same id under another index is another call: providers that number well may repeat ids.
            return slots.lastIndex { $0.wireIndex == index } ?? slots.lastIndex { $0.wireIndex == nil && id != nil && $0.wireID == id }
        }
        if let id, let known = slots.lastIndex(where: { $0.wireID == id }) { return known }
        if id != nil, name != nil { return nil }
        return slots.indices.last
    }

    /// Whether the fragment is the beginning of another call although its index (or position) is the candidate's.
    private func begins(afterCandidate slot: Slot, id: String?, name: String?, arguments: String) -> Bool {
        let otherID = id != nil && slot.wireID != nil && id != slot.wireID
        guard let name else {
            // It continues, even under a rotated id, unless the candidate is finished and the id is another.
            return otherID && slot.scanner.isComplete && !arguments.isEmpty
        }
        if otherID { return true }
        if slot.name.isEmpty { return false }
        if name != slot.name { return true }
        // Same name and no other id: a provider that repeats the name on every fragment, the whole call a second time, or, where the
        // arguments differ, a parallel call under the same index.
        return slot.scanner.isComplete && !arguments.isEmpty && !Self.repeats(arguments, slot.arguments)
    }

    /// Whether `text` is the beginning of `whole`, or `whole` any number of times: a doubled sending, perhaps cut.
    private static func repeats(_ text: String, _ whole: String) -> Bool {
        let unit = Array(whole.utf8.drop(while: { $0 == 0x20 || (0x09...0x0D).contains($0) }))
        guard !unit.isEmpty else { return false }
        return text.utf8.enumerated().allSatisfy { offset, byte in unit[offset % unit.count] == byte }
    }

    /// Of each call the provider's id; one made from the call's number when there was none; made unique when an earlier call has the same.
    private var ids: [String] {
        var ids: [String] = []
        for (position, slot) in slots.enumerated() {
            // Higher than that of any earlier call, if the conversation has all of them.
            var number = taken.count + position
            var id = slot.wireID ?? "call_\(number)"
            while taken.contains(id) || ids.contains(id) {
                id = "\(slot.wireID ?? "call")_\(number)"
                number += 1
            }
            ids.append(id)
        }
        return ids
    }

    private static func isJSON(_ text: String) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)) != nil
    }
}
