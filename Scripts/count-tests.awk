# Reads Swift Testing's event stream (one JSON object a line) and prints, as its last line,
# "N passed, N failed, N skipped". Each case of a parameterised test counts by itself. A test that was under way
# when the runner died has failed. `status` is the exit status of the runner, and the last word: when it is not 0,
# something has failed. `runs` is how often it ran. Exits 1 on any failure.

# A key inside a JSON string would have its quotes escaped, so these plain matches cannot meet one.
function text(from, to,    start, rest) {
    start = index($0, from)
    if (!start) return ""
    rest = substr($0, start + length(from))
    return substr(rest, 1, index(rest, to) - 1)
}
function plain(json) { gsub(/\\\//, "/", json); return json }
function kind_is(name) { return index($0, "\"kind\":\"" name "\"") > 0 }

index($0, "{\"kind\":\"test\",") == 1 {
    id = text("\"payload\":{\"_testCases\"", "],\"id\":\"") != "" ? text("],\"id\":\"", "\",\"") : text("\"id\":\"", "\",\"")
    if (kind_is("function")) is_function[id] = 1
    if (index($0, "\"isParameterized\":true")) parameterized[id] = 1
    next
}
{
    id = text("\"testID\":\"", "\"},\"version\"")
    case_id = id SUBSEP text("\"_testCase\":{", "},\"instant\"")
}
kind_is("issueRecorded") && index($0, "\"symbol\":\"fail\"") {
    if (id == "") outside++
    issue[id] = 1
    if (index($0, "\"_testCase\":")) { case_issue[case_id] = 1; case_failed[id] = 1 }
}
kind_is("testCaseCancelled") { case_cancelled[case_id] = 1 }
kind_is("testCancelled") { cancelled[id] = 1 }
kind_is("testCaseEnded") {
    if (case_id in case_issue) failed++
    else if (case_id in case_cancelled) { skipped++; skip_reason[id] = "some cases" }
    else passed++
}
kind_is("testSkipped") && id in is_function {
    skipped++
    skip_reason[id] = text("\"_comments\":[\"", "\"]")
    next
}
kind_is("testStarted") && id in is_function { started[id] = 1 }
kind_is("testEnded") && id in is_function {
    delete started[id]
    if (id in parameterized) {
        # Its cases were counted; an issue between them belongs to the test itself.
        if (id in issue && !(id in case_failed)) failed++
    } else if (id in issue) failed++
    else if (id in cancelled) { skipped++; skip_reason[id] = "cancelled" }
    else passed++
}
# A failing suite trait or set-up has no function to be counted with.
kind_is("testEnded") && !(id in is_function) && id in issue { outside++ }
kind_is("runEnded") { ended++ }

END {
    failed += outside
    for (id in skip_reason) print plain("skipped: " id ": " skip_reason[id])
    if (ended < runs) {
        for (id in started) { print plain("under way when the run died: " id); failed++ }
    }
    if ((status != 0 || ended < runs) && failed == 0) {
        print "the run ended with status " status (ended < runs ? ", before its end" : "")
        failed = 1
    }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0
}
