import { Injectable } from '@nestjs/common';

/** What `/status/ready` tells a balancer: traffic is wanted in `ready` only. */
@Injectable()
export class GatewayState {
  name: 'starting' | 'ready' | 'draining' = 'starting';
}
