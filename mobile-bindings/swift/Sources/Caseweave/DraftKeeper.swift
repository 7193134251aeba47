import CaseweaveGenerated

/// Keeps what is being typed on one screen: two seconds after it was typed at the latest, and at once on
/// `keep` and `close`. Have one for each screen that is typed on, and call `keep` when the app goes to the
/// background.
public actor DraftKeeper {
    /// The screen and what it is about, in the app's own words: `visit 0f3a`.
    public nonisolated let screen: String
    /// What stands in each field.
    public private(set) var fields: [String: String] = [:]
    /// Why the last try failed; none once it is kept.
    public private(set) var problem: CaseweaveError?

    private let phone: CaseweavePhone
    private let pause: Duration
    private var isUnkept = false
    private var isSaving = false {
        didSet {
            guard !isSaving else { return }
            untilSaved.forEach { $0.resume() }
            untilSaved = []
        }
    }
    private var isOver = false
    private var waiting: Task<Void, Never>?
    private var writing: Task<Void, Never>?
    /// Those who wait for a save to end.
    private var untilSaved: [CheckedContinuation<Void, Never>] = []

    /// A keeper for a screen. Call `restore` before the screen is shown: what is typed without it takes the
    /// place of what was kept.
    public init(_ screen: String, on phone: CaseweavePhone, every pause: Duration = .seconds(2)) {
        self.screen = screen
        self.phone = phone
        self.pause = pause
    }

    /// What was typed when the screen, the app or the phone was last left; empty if it was saved.
    public func restore() async throws(CaseweaveError) -> [String: String] {
        let draft = try await phone.draft(of: screen)
        let kept = (draft?.fields ?? []).map { ($0.name, $0.text) }
        // What was typed meanwhile is newer.
        fields.merge(kept) { typed, _ in typed }
        return fields
    }

    /// Notes what stands in a field now. Cheap: call it with every keystroke.
    public func type(_ text: String, in field: String) {
        guard !isOver, fields[field] != text else { return }
        fields[field] = text
        isUnkept = true
        wait()
    }

    /// Keeps it at once; durable when it returns. As `close`, it waits for a save that is under way: what is
    /// handed to `saving` must not call it.
    /// - Throws: What was kept before stays, and it is tried again.
    public func keep() async throws(CaseweaveError) {
        await saved()
        await write()
        if let problem { throw problem }
    }

    /// Keeps it at once and ends: the screen is left.
    public func close() async throws(CaseweaveError) {
        repeat { try await keep() } while isUnkept
        end()
    }

    /// Throws away what was typed and ends.
    public func discard() async throws(CaseweaveError) {
        isSaving = true
        defer { isSaving = false }
        await written()
        try await phone.discardDraft(of: screen)
        problem = nil
        end()
    }

    /// Saves what the screen is for: hand the screen's name on as `draft`, and the draft goes with what
    /// was saved. Nothing is kept meanwhile, so that no draft comes back; what is typed meanwhile is kept
    /// afterwards. If saving fails, keeping goes on.
    /// - Throws: What `save` throws, and nothing else.
    public func saving<Answer: Sendable, Failure: Error>(
        _ save: @Sendable (_ draft: String) async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        let done = fields
        isSaving = true
        await written()
        do {
            let answer = try await save(screen)
            isSaving = false
            isUnkept = fields != done
            if !isUnkept { problem = nil }
            wait()
            return answer
        } catch {
            isSaving = false
            wait()
            throw error
        }
    }

    private func end() {
        isOver = true
        // Nothing is kept any more: whoever closes must not wait for it.
        isUnkept = false
        waiting?.cancel()
        waiting = nil
    }

    /// The task keeps the keeper alive until what was typed is kept.
    private func wait() {
        guard waiting == nil, isUnkept, !isOver else { return }
        waiting = Task {
            try? await Task.sleep(for: pause)
            waiting = nil
            if !Task.isCancelled { await write() }
        }
    }

    /// Writes one after the other.
    private func write() async {
        await written()
        guard isUnkept, !isSaving, !isOver else { return }
        isUnkept = false
        let named = fields.sorted { $0.key < $1.key }.map { DraftField(name: $0.key, text: $0.value) }
        let task = Task { await tryToKeep(Draft(screen: screen, fields: named)) }
        writing = task
        await task.value
    }

    private func written() async {
        while let writing { await writing.value }
    }

    private func saved() async {
        while isSaving {
            await withCheckedContinuation { (saved: CheckedContinuation<Void, Never>) in
                untilSaved.append(saved)
            }
        }
    }

    private func tryToKeep(_ draft: Draft) async {
        defer { writing = nil }
        do {
            try await phone.keepDraft(draft)
            problem = nil
        } catch {
            problem = error
            isUnkept = true
            // A closed phone keeps nothing any more.
            if error == .closed { end() }
            wait()
        }
    }
}
