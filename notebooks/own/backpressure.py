# A protection that lets three in at once, refuses all others, and does not say when to come back.
# The service is another process, so it stands in a module.
from pathlib import Path

from lab.notebook import judged

Path("mine.py").write_text("""
import asyncio
from starlette.responses import Response
def three(app, queue, policies, free=asyncio.Semaphore(4)):  # one is the service's own, from its start to its end
    async def few(scope, receive, send):
        if free.locked(): return await Response(status_code=429)(scope, receive, send)
        async with free: await app(scope, receive, send)
    return few
""")
result = experiment.run(params, experiment.Arm("mine", protect="mine:three", polite=False))
judged(experiment, result)
# fails: retry_after_told
# passes: every_answer_done
