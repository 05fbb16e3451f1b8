import { BadRequestException, Body, Controller, Delete, Get, Headers, HttpCode, Post, Query } from '@nestjs/common';
import { DeliveryService, type DeadLetter, type DeadLetterFilter } from '#libs/delivery';
import { z } from '#libs/plugin-api';

const filter = z.strictObject({ sink: z.string().optional(), exchange: z.string().optional() });

/** Records that sinks have refused for good; on the admin port. */
@Controller('dead-letters')
export class DeadLettersController {
  constructor(private readonly delivery: DeliveryService) {}

  @Get()
  list(@Query() query: unknown): { data: readonly DeadLetter[] } {
    return { data: this.delivery.deadLetters(parsed(query)) };
  }

  @Post('retry')
  @HttpCode(200)
  retry(@Headers('content-type') type: string | undefined, @Body() body: unknown): { retried: number } {
    // A form on some web page cannot say that it sends JSON.
    if (type?.startsWith('application/json') !== true) throw new BadRequestException('expected application/json');
    return { retried: this.delivery.retryDeadLetters(parsed(body ?? {})) };
  }

  @Delete()
  drop(@Query() query: unknown): { dropped: number } {
    return { dropped: this.delivery.dropDeadLetters(parsed(query)) };
  }
}

function parsed(value: unknown): DeadLetterFilter {
  const result = filter.safeParse(value);
  if (!result.success) throw new BadRequestException('allowed: sink, exchange; each a text, each once');
  return result.data;
}
