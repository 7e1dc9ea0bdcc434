# Leaves out what starts and passes; keeps failures, skips, and whatever the tests themselves print.
/^(✘|➜|━|↳|⚠)/ { hiding = 0; print; fflush(); next }
# Such a line goes on in the next one where an argument of the test holds a newline.
/^(◇|✔) / { hiding = !/(started|seconds)\.$/; next }
hiding { if (/(started|seconds)\.$/) hiding = 0; next }
{ print; fflush() }
