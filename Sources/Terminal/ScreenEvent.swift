/// A key that is no text and no editing, for the full screen.
package enum ScreenKey: Equatable, Sendable {
    case pageUp, pageDown
    /// Ctrl-Home or Alt-<, Ctrl-End or Alt->.
    case top, bottom
    /// Alt-1 to Alt-9; Alt-0 is 10.
    case number(Int)
    /// Alt-Left or Alt-Up, Alt-Right or Alt-Down.
    case previous, next
    /// Ctrl-K.
    case jump
    /// F1.
    case help
    /// Ctrl-L. The screen is drawn anew by itself.
    case redraw
    /// Only while ``FullScreen/setMouse(_:)`` is on.
    case wheelUp, wheelDown
    /// The first button, from 0 at the top left. Only while ``FullScreen/setMouse(_:)`` is on.
    case click(row: Int, column: Int)
    /// Esc, and nothing after it for a tenth of a second.
    case escape
    /// The window is looked at again, or not any more: from terminals that tell.
    case focus(Bool)
    /// F3, and with Shift.
    case findNext, findPrevious
    /// Only while ``FullScreen/setKeys(list:letters:)`` asks for them, and nothing is typed.
    case up, down, enter
    /// With Alt, under the same condition.
    case letter(Character)
}

/// What a person does at a full screen.
package enum ScreenEvent: Equatable, Sendable {
    /// A finished line without its newline; a paste of several lines, or Alt-Enter, puts newlines inside.
    case line(String)
    /// Enter on a line of so many bytes, more than it may have. It still stands there.
    case lineRefused(bytes: Int)
    case key(ScreenKey)
    /// The end of ``FullScreen/ask(_:)``: Enter; or Esc, Ctrl-G, Ctrl-C, or another question.
    case answer(String)
    case cancelled
    /// A secret was typed, and was handed over; see ``FullScreen/setTyping(_:)``.
    case secret
    /// Ctrl-D on an empty line, or the terminal hung up.
    case endOfFile
    /// Ctrl-C on an empty line; on a half-typed one it clears the line, and there is no event.
    case interrupt
    /// The window's new size; what is shown is drawn anew by itself.
    case resized(ScreenSize)
}
