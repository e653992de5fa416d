"""The assistant: a question becomes spans, spans become one plan, the plan reads the document's report. No word is left over, or there is no answer."""
