"""What the reading of a spreadsheet says, in the language of the page.

The reading itself, which commands use too, speaks English. Its sentences are found again here by
their shape, and a test sees that all are listed. What other programmes and the model itself say
(the reason that such a sentence quotes) stays as it is.

One module: most of it the list.
"""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup, escape

from survey_service.problems import N_
from survey_service.web.translation import SOURCE_LANGUAGE, translator

_SENTENCES = (
    N_("%(function)s() takes %(least)s to %(most)s terms."),
    N_("%(number)s rows are required; here every question may be left or refused."),
    N_("%(whose)s has no %(column)s."),
    N_("%(words)s: no column of the choices, taken as text."),
    N_("%(words)s: not known, left out."),
    N_("'%(code)s' cannot be the name of a choice."),
    N_("'%(item)s' has no choice '%(code)s', so this is never true."),
    N_("'%(name)s' already stands at row %(row)s."),
    N_("'%(name)s' asks nothing."),
    N_("'%(name)s' cannot be a name."),
    N_("'%(name)s' is asked once for each of several."),
    N_("'%(name)s' is neither an answer nor a text."),
    N_("'%(name)s' is not collected."),
    N_("'%(name)s' is of a type that is not taken."),
    N_("'%(name)s' is worked out anew for each entry."),
    N_("'%(name)s' stands at row %(row)s and is not answered yet here."),
    N_("'%(name)s' was refused."),
    N_("'%(text)s' is left out: it would tell who answered, or when."),
    N_("'%(text)s' is neither yes nor no."),
    N_("'%(text)s' is no answer that could be given here."),
    N_("'%(text)s' is no day."),
    N_("'%(text)s' is no number of decimals."),
    N_("'%(text)s' is no part of an expression."),
    N_("'%(text)s' is no whole number."),
    N_("'%(text)s' is no whole number; 1 is taken."),
    N_("'%(text)s' is not known here."),
    N_("'.' stands for the answer that is being checked."),
    N_("A cell holds more than %(number)s characters."),
    N_("A choice needs a list_name and a name."),
    N_("A code list cannot be filtered."),
    N_("A default that has to be worked out is left out."),
    N_("A group that is one answer holds whole numbers, asked together."),
    N_("A group that is one answer needs two numbers."),
    N_("A group that is one answer, or a number that ends the survey, is in a repeat."),
    N_("A line is too long."),
    N_("A number of several has a least and a greatest one only."),
    N_("A pattern must be written out."),
    N_("A picture, a voice or a file can show who somebody is. Ask with choices instead."),
    N_("A range needs whole numbers for start, end and step."),
    N_("A repeat stands in a repeat."),
    N_("Add a row with a question."),
    N_("Add end_%(what)s."),
    N_("Add it to the choices sheet, or look at its spelling."),
    N_("Add it."),
    N_("Add its tag: %(tag)s."),
    N_("Add one."),
    N_("Another language is shown until then."),
    N_("Ask for a number in a question of its own: how many are children, say."),
    N_("Ask for the date, or for the part of the day with select_one."),
    N_("Ask for the municipality from a list of choices; a point on the map names a person."),
    N_("Ask for what the code says, if it does not name a person."),
    N_("Ask it before the repeat, or use sum(), min(), max() or count() after it."),
    N_("Ask it outside."),
    N_("Ask which one matters most, with select_one."),
    N_("Better give the choices that matter, and no own words."),
    N_("Clear code_list, to ask with the choices of the sheet."),
    N_("Clear the cell."),
    N_("Close the first one before."),
    N_("Close what was opened last."),
    N_("Compare days as they are: ${a} < '2020-05-01', or . - ${a} > 30."),
    N_("Compare the name of the choice: ${question} = 'name'."),
    N_("Count versions 1, 2, 3."),
    N_("Did you mean '%(name)s'?"),
    N_("Divide by another number."),
    N_("Do not look at it."),
    N_("Do not repeat a group that repeats, refer back, or look around."),
    N_("Each is also never greater than the one before it."),
    N_("Fill in both."),
    N_("Give every row a name of its own."),
    N_("Give it a row of type calculate, if a condition needs it."),
    N_("Give scale_low and scale_high, and a step of 1, to have it as a scale."),
    N_("Groups nest more than %(number)s deep."),
    N_("If it is one of these, remove it: every question offers both already."),
    N_("It depends on an answer whether this is required; here it is not."),
    N_("It has %(number)s here."),
    N_("It has: %(names)s."),
    N_("Let one of them look at something else."),
    N_("Look at brackets, quotes and operators."),
    N_("Look at its brackets."),
    N_("Look at its limits."),
    N_("Look at its spelling."),
    N_("Look at the columns of the choices."),
    N_("Look at the conditions."),
    N_("Look at the reference of columns."),
    N_("Look only at questions that stand before this row."),
    N_("Look whether another programme opens the form, if you need that."),
    N_("Make it a note, if people shall only read it."),
    N_("Make one of them: sum(), count(), min() or max()."),
    N_("Make them flatter."),
    N_("Mend it there, so that the form opens elsewhere too."),
    N_("Move it before a question of the repeat, or behind end_repeat."),
    N_("Name a question that stands in one, after its end."),
    N_("Name the sheet of rows so."),
    N_("No %(what)s is open here."),
    N_("No choice is left."),
    N_("No day fulfils this."),
    N_("No greatest number: %(number)s is taken."),
    N_("No number fulfils this."),
    N_("No privacy_role: taken as %(role)s, and no table will show it."),
    N_("Nobody knows which language '%(language)s' is."),
    N_("Nobody says which language the labels are in."),
    N_("Not translated yet; another language is shown."),
    N_("Nothing is derived from answers in a repeat."),
    N_("Nothing to do."),
    N_("Nothing to do; remove the row if you like."),
    N_("Open it in a spreadsheet programme and save it again as .xlsx."),
    N_("Open it in a spreadsheet programme and save it as .xlsx."),
    N_("Paste its value instead."),
    N_("Pictures and recordings are not supported yet."),
    N_("Put a question into it."),
    N_("Put it in quotes."),
    N_("Put texts in quotes."),
    N_("Put the choices into the choices sheet."),
    N_("Put what it looks up into the choices sheet, and use a choice_filter."),
    N_("Remove columns that are not needed."),
    N_("Remove it."),
    N_("Remove it: what is asked of people must not change by chance or by the hour."),
    N_("Remove one, or name its language: label::Latviešu (lv)."),
    N_("Remove pictures, colours and sheets that are not needed."),
    N_("Remove the row; nothing is collected that people do not see."),
    N_("Remove them, and save it as plain .xlsx."),
    N_("Remove them."),
    N_("Rename one."),
    N_("Rename or remove one of them."),
    N_("Retype it."),
    N_("Retype it; right-to-left writing needs no such sign."),
    N_("Save it as .xlsx, or as a table whose first column names the sheets."),
    N_("Save it as .xlsx."),
    N_("Save it as .xlsx: a CSV file holds one sheet only."),
    N_("Save it as UTF-8, or as .xlsx."),
    N_("Save it without a password."),
    N_("Shorten it."),
    N_("Signs for bold, colours and the like are shown as they are written."),
    N_("Special-category data (Art. 9) has no purpose of its own."),
    N_("Split it into several questions."),
    N_("Split it with calculate rows."),
    N_("Split it."),
    N_("Split the questionnaire, or remove rows that are not needed."),
    N_("The %(what)s is never closed."),
    N_("The calculation is left out: this is asked, and people answer it themselves."),
    N_("The cell holds a formula of the spreadsheet."),
    N_("The cell holds control characters."),
    N_("The cell holds signs that turn the direction of writing round."),
    N_("The chain of operators is too long."),
    N_("The choice '%(code)s' has a negative number, as for 'do not know' or 'no answer'."),
    N_("The column is not known here and is left out."),
    N_("The column says the same as '%(other)s'."),
    N_("The expression is too large."),
    N_("The expression is too long."),
    N_("The expression nests more than %(number)s levels deep."),
    N_("The file cannot be read as a spreadsheet."),
    N_("The file declares entities."),
    N_("The file holds %(what)s."),
    N_("The file holds links to other workbooks."),
    N_("The file holds macros."),
    N_("The file holds too many parts."),
    N_("The file is encrypted."),
    N_("The file is larger than %(number)s MB."),
    N_("The file is neither a spreadsheet nor a Markdown table."),
    N_("The file is of a kind older than 1997."),
    N_("The file unpacks to far more than it should."),
    N_("The filter looks at what a choice does not have."),
    N_("The form cannot be built of this: %(reason)s."),
    N_("The list '%(name)s' already has a choice named '%(code)s'."),
    N_("The note stands at the end of a repeat, and leads to no question of it."),
    N_("The pattern could take for ever on some answers."),
    N_("The pattern is none."),
    N_("The purpose %(purpose)s does not go with data of no special category."),
    N_("The range becomes a whole number from %(least)s to %(most)s."),
    N_(
        "The range becomes a whole number from %(least)s to %(most)s; "
        "its step of %(step)s is not kept."
    ),
    N_("The reference of columns lists those there are."),
    N_("The repeat asks nothing."),
    N_("The row has no name."),
    N_("The row has no type, name or label, and is left out."),
    N_("The row has no type."),
    N_("The row is disabled in the sheet, and is left out."),
    N_("The seed is left out: each person has an order of his own, the same each time."),
    N_("The sheet asks nothing."),
    N_("The sheet has more than %(number)s columns."),
    N_("The sheet has more than %(number)s rows."),
    N_("The sheet is empty."),
    N_("The sheet is not known here and is left out."),
    N_("The text of the file is in another encoding than UTF-8."),
    N_("The translation is missing."),
    N_("The type '%(type)s' is not taken."),
    N_("There are: %(names)s."),
    N_("There is no choice '%(code)s' to stand there."),
    N_("There is no code list '%(name)s'."),
    N_("There is no column '%(name)s'."),
    N_("There is no function %(name)s() here."),
    N_("There is no icon '%(name)s'."),
    N_("There is no list of choices named '%(name)s'."),
    N_("There is no question named '%(name)s'."),
    N_("There is no sheet named 'survey'."),
    N_("There is nothing to calculate."),
    N_("This divides by zero."),
    N_("This is no derivation."),
    N_("This looks at itself in a circle: %(circle)s."),
    N_("Translate it."),
    N_("Two sheets are named %(name)s."),
    N_(
        "Up to %(number)s entries are asked for. "
        "What is said of each person is kept, and no table ever shows it."
    ),
    N_("Use ${name}, numbers, 'texts', functions and operators only."),
    N_("Use columns of the choices and earlier answers."),
    N_("Use integer, a name that begins with %(name)s_, and no relevant."),
    N_("Use it between begin_repeat and end_repeat."),
    N_("Use it in constraint only."),
    N_("Use letters a to z, digits and _, beginning with no digit; at most 64; not %(names)s."),
    N_("Use one of the types that the reference lists."),
    N_("Use up to 64 letters, digits, - and _; not the name of an answer's state."),
    N_("What is said of each of several people can be in no table."),
    N_("What is special is filled in for nobody; it is left out."),
    N_("Without a first and a last day no table can show the year or the month."),
    N_("Words that quote an answer (${…}) are not supported yet."),
    N_("Write ${%(name)s} for an answer, '%(text)s' for a text."),
    N_("Write . <= today() as the constraint of a date, or a day in quotes."),
    N_("Write . >= '1930-01-01' and . <= '2012-12-31'."),
    N_("Write 2026-01-31."),
    N_("Write a constraint: . >= 0 and . <= 20."),
    N_("Write a value."),
    N_("Write article_9 or inferred here, or the purpose participation."),
    N_("Write banded(16, 25, 65), top_coded(8), truncated(year) or dropped."),
    N_("Write decimals=2."),
    N_("Write digits only."),
    N_("Write ethnic_health: it is asked only of those who say yes to that."),
    N_("Write it."),
    N_("Write its tag, as in Latviešu (lv)."),
    N_("Write label::Latviešu (lv), or a default_language."),
    N_("Write one of: %(words)s."),
    N_("Write one within the limits, a day as 2026-01-31; or clear the cell."),
    N_("Write one, or clear it."),
    N_("Write parameters most=8 for fewer, up to %(number)s."),
    N_("Write quasi_identifier, sensitive, plain or identifier."),
    N_("Write rows into it."),
    N_("Write start=0 end=10 step=1."),
    N_("Write the sentence so that it stands without the answer."),
    N_("Write the words into the label."),
    N_("Write the words only."),
    N_("Write what people shall read."),
    N_("Write yes or no."),
    N_("calculation %(name)s, used in conditions, never stored"),
    N_("group %(name)s"),
    N_("or_other becomes a choice 'other' and a question in own words, which may name people."),
    N_("position(..) counts the entries of a repeat, and this stands in none."),
    N_("pyxform could not read this (%(reason)s), so only one judge has."),
    N_("pyxform, which other programmes for XLSForm use, refuses this: %(reason)s."),
    N_("question %(name)s (%(kind)s)"),
    N_("read_only is left out: whatever is asked can be answered."),
    N_("remark %(name)s"),
    N_("repeat %(name)s"),
    N_("sum() and count() take the answers of a repeat."),
    N_("today() bounds a date and is for nothing else."),
)
_PLACE = re.compile(r"%\((\w+)\)s")
_AT = re.compile(r" at character (\d+)\.")


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each sentence as a pattern; those with the most words of their own come first."""
    made = []
    for sentence in sorted(_SENTENCES, key=lambda s: -len(_PLACE.sub("", s))):
        parts = _PLACE.split(sentence)
        pattern = "".join(
            f"(?P<{part}>.*?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
        )
        made.append((re.compile(pattern, re.DOTALL), sentence))
    return tuple(made)


def known(text: str) -> tuple[str, dict[str, str]] | None:
    """The sentence that a text is, with what fills its places; None where it is none of them."""
    for pattern, sentence in _shapes():
        found = pattern.fullmatch(text)
        if found:
            return sentence, found.groupdict()
    return None


def finding_in(text: str, language: str) -> Markup:
    """A message or remedy of a finding in a language; where nobody has the words, in English."""
    if language == SOURCE_LANGUAGE or not text:
        return escape(text)
    at = _AT.search(text)
    found = known(_AT.sub(".", text) if at else text)
    if found is None:
        return Markup('<span lang="en">{}</span>').format(text)
    said = translator(language)(found[0], **found[1])
    return escape(f"{said} ({at[1]})" if at else said)
