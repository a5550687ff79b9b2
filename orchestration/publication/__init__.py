"""What a publication is made of: its tables, their content, labels, restatements and draft.

How these become the current publication, in which order, is `orchestration.pipeline.publish`.
"""
